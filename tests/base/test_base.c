// Hashes, alignment, status codes, checks and the elementary functions.
#include <errno.h>
#include <float.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/arena.h"
#include "sim/base/check.h"
#include "sim/base/hash.h"
#include "sim/base/math.h"
#include "sim/base/rng.h"
#include "sim/base/status.h"
#include "sim/base/units.h"
#include "tests/support/check.h"

static void hash_of_bytes_is_fnv_1a(void **state) {
  (void)state;
  assert_true(hft_hash_bytes(HFT_HASH_START, "", 0) == UINT64_C(0xcbf29ce484222325));
  assert_true(hft_hash_bytes(HFT_HASH_START, "a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
  assert_true(hft_hash_bytes(HFT_HASH_START, "foobar", 6) == UINT64_C(0x85944171f73967e8));
}

static void hash_of_words_sees_every_bit_and_the_order(void **state) {
  (void)state;
  for (uint64_t i = 0; i < 1000; i++) {
    uint64_t a = hft_mix64(i), b = hft_mix64(~i);
    uint64_t hash = hft_hash_u64(hft_hash_u64(HFT_HASH_START, a), b);
    assert_true(hash != hft_hash_u64(hft_hash_u64(HFT_HASH_START, b), a));
    for (int bit = 0; bit < 64; bit++) {
      uint64_t flip = UINT64_C(1) << bit;
      assert_true(hash != hft_hash_u64(hft_hash_u64(HFT_HASH_START, a ^ flip), b));
      assert_true(hash != hft_hash_u64(hft_hash_u64(HFT_HASH_START, a), b ^ flip));
    }
  }
}

static void mix64_is_splitmix64(void **state) {
  (void)state;
  const uint64_t step = UINT64_C(0x9e3779b97f4a7c15);
  assert_true(hft_mix64(1234567) == UINT64_C(6457827717110365317));
  assert_true(hft_mix64(1234567 + step) == UINT64_C(3203168211198807973));
  assert_true(hft_mix64(1234567 + 2 * step) == UINT64_C(9817491932198370423));
}

static void mix64_spreads_every_bit(void **state) {
  (void)state;
  for (int bit = 0; bit < 64; bit++) {
    int flipped = 0;
    for (uint64_t i = 0; i < 1000; i++) {
      flipped += __builtin_popcountll(hft_mix64(i) ^ hft_mix64(i ^ UINT64_C(1) << bit));
    }
    // Half of 64000; the standard deviation is 126.
    assert_in_range(flipped, 32000 - 1000, 32000 + 1000);
  }
}

static void layouts_are_aligned(void **state) {
  (void)state;
  assert_int_equal(hft_align(0), 0);
  assert_int_equal(hft_align(1), HFT_CACHE_LINE);
  assert_int_equal(hft_align(HFT_CACHE_LINE), HFT_CACHE_LINE);
  assert_int_equal(hft_align(HFT_CACHE_LINE + 1), 2 * HFT_CACHE_LINE);
  size_t total = 0;
  assert_int_equal(hft_layout_add(&total, 10), 0);
  assert_int_equal(total, 64);
  assert_int_equal(hft_layout_add(&total, 0), 64);
  assert_int_equal(hft_layout_add(&total, 65), 64);
  assert_int_equal(total, 64 + 128);
  char block[4];
  assert_ptr_equal(hft_at(block, 3), &block[3]);
  assert_ptr_equal(hft_at_const(block, 2), &block[2]);
}

static void every_status_has_words_of_its_own(void **state) {
  (void)state;
  const hft_status status[] = {
#define X(name, code, text) HFT_##name,
      HFT_STATUS_MAP(X)
#undef X
  };
  const int count = sizeof status / sizeof status[0];
  for (int i = 0; i < count; i++) {
    assert_int_equal(status[i], -i);
    assert_true(strlen(hft_status_text(status[i])) > 0);
    for (int j = 0; j < i; j++) {
      assert_string_not_equal(hft_status_text(status[i]), hft_status_text(status[j]));
    }
  }
  assert_string_equal(hft_status_text((hft_status)1), "unknown status");
  assert_string_equal(hft_status_text((hft_status)-1000), "unknown status");
}

static void errors_are_filled_and_cut(void **state) {
  (void)state;
  hft_error error;
  assert_int_equal(hft_fail(&error, HFT_EIO, "a/file", "cannot open: %d", 7), HFT_EIO);
  assert_int_equal(error.status, HFT_EIO);
  assert_string_equal(error.where, "a/file");
  assert_string_equal(error.text, "cannot open: 7");
  assert_int_equal(hft_fail(&error, HFT_ENOMEM, NULL, "none"), HFT_ENOMEM);
  assert_string_equal(error.where, "");
  assert_int_equal(hft_fail(NULL, HFT_EINVAL, "x", "ignored"), HFT_EINVAL);
  char longer[1000];
  memset(longer, 'x', sizeof longer - 1);
  longer[sizeof longer - 1] = '\0';
  assert_int_equal(hft_fail(&error, HFT_EIO, longer, "%s", longer), HFT_EIO);
  assert_int_equal(strlen(error.where), sizeof error.where - 1);
  assert_int_equal(strlen(error.text), sizeof error.text - 1);
}

static void sides_are_opposite(void **state) {
  (void)state;
  assert_int_equal(hft_side_other(HFT_BID), HFT_ASK);
  assert_int_equal(hft_side_other(HFT_ASK), HFT_BID);
  assert_int_equal(hft_side_sign(HFT_BID), 1);
  assert_int_equal(hft_side_sign(HFT_ASK), -1);
}

// A failed check ends the program and names the place, whatever the build.
static void a_failed_check_aborts(void **state) {
  (void)state;
  HFT_CHECK(1 + 1 == 2);
  int channel[2];
  assert_int_equal(pipe(channel), 0);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    signal(SIGABRT, SIG_DFL);
    dup2(channel[1], STDERR_FILENO);
    HFT_CHECK(1 + 1 == 3);
    _exit(0);
  }
  close(channel[1]);
  char text[512] = {0};
  size_t used = 0;
  for (ssize_t got; used < sizeof text - 1; used += (size_t)got) {
    got = read(channel[0], text + used, sizeof text - 1 - used);
    if (got <= 0) break;
  }
  close(channel[0]);
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFSIGNALED(status));
  assert_int_equal(WTERMSIG(status), SIGABRT);
  assert_non_null(strstr(text, "1 + 1 == 3"));
  assert_non_null(strstr(text, "test_base.c:"));
}

// The distance of two doubles in units of the last place of b.
static double ulps(double a, double b) {
  return fabs(a - b) / (nextafter(fabs(b), INFINITY) - fabs(b));
}

static void elementary_functions_agree_with_glibc(void **state) {
  (void)state;
  hft_rng rng = hft_rng_seed(1, 1);
  for (int i = 0; i < 100000; i++) {
    double u = (double)hft_rng_u32(&rng) * 0x1p-32;
    double x = 80 * (u - 0.5);
    double positive = ldexp(0.5 + u / 2, (int)(hft_rng_u32(&rng) % 200) - 100);
    // Each of the two is within one ULP of the true value.
    assert_true(ulps(hft_exp(x), exp(x)) <= 2);
    assert_true(ulps(hft_expm1(x / 40), expm1(x / 40)) <= 2);
    assert_true(ulps(hft_log(positive), log(positive)) <= 2);
    assert_true(ulps(hft_log1p(u), log1p(u)) <= 2);
    assert_true(ulps(hft_pow(positive, u), pow(positive, u)) <= 2);
  }
  assert_true(hft_exp(0) == 1);
  assert_true(hft_log(1) == 0);
  assert_true(hft_pow(2, 10) == 1024);
  assert_true(isinf(hft_exp(1000)));
  assert_true(hft_exp(-1000) == 0);
  assert_true(isnan(hft_log(-1)));
}

// The same bits on every machine: the value below was computed once and holds everywhere.
static void elementary_functions_have_fixed_bits(void **state) {
  (void)state;
  hft_rng rng = hft_rng_seed(2, 2);
  uint64_t hash = HFT_HASH_START;
  for (int i = 0; i < 100000; i++) {
    double u = (double)(hft_rng_u32(&rng) + 1.0) * 0x1p-32;
    const double result[] = {hft_exp(40 * u - 20), hft_expm1(u), hft_log(u), hft_log1p(u),
                             hft_pow(u, 1.5 - u)};
    for (int k = 0; k < 5; k++) {
      uint64_t bits;
      memcpy(&bits, &result[k], sizeof bits);
      hash = hft_hash_u64(hash, bits);
    }
  }
  if (hash != UINT64_C(0x8d84de8ff81011e2))
    fail_msg("the digest is 0x%016llx", (unsigned long long)hash);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hash_of_bytes_is_fnv_1a),
      cmocka_unit_test(hash_of_words_sees_every_bit_and_the_order),
      cmocka_unit_test(mix64_is_splitmix64),
      cmocka_unit_test(mix64_spreads_every_bit),
      cmocka_unit_test(layouts_are_aligned),
      cmocka_unit_test(every_status_has_words_of_its_own),
      cmocka_unit_test(errors_are_filled_and_cut),
      cmocka_unit_test(sides_are_opposite),
      cmocka_unit_test(a_failed_check_aborts),
      cmocka_unit_test(elementary_functions_agree_with_glibc),
      cmocka_unit_test(elementary_functions_have_fixed_bits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
