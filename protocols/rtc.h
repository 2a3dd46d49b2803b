/*
 * The date, by calls to the driver of the real-time clock.
 */
#pragma once

/* The label of the call, without words. The answer: one word, seconds since 1970, universal time; 0: the clock cannot be read. */
enum rtc_call { RTC_READ = 1 };
enum rtc_result { RTC_OK, RTC_BAD_CALL };
