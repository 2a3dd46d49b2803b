/*
 * Random bytes, by calls. When there are none, the source notifies once it has some. The server of random bytes (user/servers/random) always has
 * all that are wanted.
 */
#pragma once

/* The label of the call; one word: how many words are wanted. The answer has as many as there are, none perhaps. */
enum random_call { RANDOM_TAKE = 1 };
enum random_result { RANDOM_OK, RANDOM_BAD_CALL };

enum { RANDOM_MOST_WORDS = 32 };
