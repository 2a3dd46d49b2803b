/*
 * Which services there are, by calls to the names server: who provides them, who uses them, and in which state these are.
 */
#pragma once

enum names_call {
    NAMES_FIND = 1,    /* name in NAMES_WORDS -> the number of the service of that name */
    NAMES_SERVICE = 2, /* number, from 0 on -> how many use it, the provider's state, its name, the service's name */
    NAMES_USER = 3,    /* number, number of the user -> the user's state, its name */
};
enum names_result { NAMES_OK, NAMES_BAD_CALL, NAMES_NONE };

/* Names end with a zero. States are pecan_domain_state (pecan/supervisor.h). */
enum { NAMES_WORDS = 8 };
enum { NAMES_SERVICE_USERS, NAMES_SERVICE_STATE, NAMES_SERVICE_PROVIDER, NAMES_SERVICE_NAME = 2 + NAMES_WORDS };
enum { NAMES_USER_STATE, NAMES_USER_NAME };
