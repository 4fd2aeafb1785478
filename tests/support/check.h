// cmocka with the headers it needs, and a comparison of doubles, which cmocka 1.1.5 lacks.
#ifndef HFTSIM_TESTS_SUPPORT_CHECK_H
#define HFTSIM_TESTS_SUPPORT_CHECK_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// The four above come first.
#include <cmocka.h>

#define assert_near(actual, expected, tolerance)                            \
  do {                                                                      \
    double actual_ = (actual), expected_ = (expected);                      \
    if (!(fabs(actual_ - expected_) <= (tolerance))) {                      \
      print_error("%s is %.17g, not %.17g\n", #actual, actual_, expected_); \
      fail();                                                               \
    }                                                                       \
  } while (0)

#endif
