// The random generator against its author's implementation, bit for bit.
#include "sim/base/rng.h"
#include "tests/base/pcg_oracle.h"
#include "tests/support/check.h"

#define COUNT 1000

static void expect_same_wide(uint64_t seed, uint64_t sequence, uint64_t skip) {
  uint64_t expected[COUNT];
  pcg_oracle_wide(seed, sequence, skip, expected, COUNT);
  hft_rng rng = hft_rng_seed(seed, sequence);
  for (uint64_t i = 0; i < skip; i++) (void)hft_rng_u32(&rng);
  for (int i = 0; i < COUNT; i++) {
    uint64_t got = hft_rng_u64(&rng);
    if (got != expected[i]) {
      fail_msg("RXS-M-XS(%llu, %llu), output %d: %016llx, not %016llx", (unsigned long long)seed,
               (unsigned long long)sequence, i, (unsigned long long)got,
               (unsigned long long)expected[i]);
    }
  }
}

static void expect_same(uint64_t seed, uint64_t sequence) {
  uint32_t expected[COUNT];
  pcg_oracle(seed, sequence, 0, expected, COUNT);
  hft_rng rng = hft_rng_seed(seed, sequence);
  for (int i = 0; i < COUNT; i++) {
    uint32_t got = hft_rng_u32(&rng);
    if (got != expected[i]) {
      fail_msg("pcg32(%llu, %llu), output %d: %08x, not %08x", (unsigned long long)seed,
               (unsigned long long)sequence, i, got, expected[i]);
    }
  }
}

static void chosen_seeds(void **state) {
  (void)state;
  const uint64_t words[] = {
      0,         1, 2, 42, 54, UINT32_MAX, UINT64_C(1) << 32, UINT64_C(1) << 63, UINT64_MAX - 1,
      UINT64_MAX};
  const int count = sizeof words / sizeof words[0];
  for (int i = 0; i < count; i++) {
    for (int j = 0; j < count; j++) {
      expect_same(words[i], words[j]);
      expect_same_wide(words[i], words[j], 0);
    }
  }
}

static void mixed_seeds(void **state) {
  (void)state;
  for (uint64_t i = 0; i < 2000; i++) {
    expect_same(hft_mix64(i), hft_mix64(~i));
    expect_same_wide(hft_mix64(i), hft_mix64(~i), 0);
  }
}

static void far_along_the_stream(void **state) {
  (void)state;
  const uint64_t skip = 5000000;
  uint32_t expected[COUNT];
  pcg_oracle(7, 11, skip, expected, COUNT);
  hft_rng rng = hft_rng_seed(7, 11);
  for (uint64_t i = 0; i < skip; i++) (void)hft_rng_u32(&rng);
  for (int i = 0; i < COUNT; i++) assert_int_equal(hft_rng_u32(&rng), expected[i]);
  expect_same_wide(7, 11, skip);  // 32 bits or 64: both are one step
}

static void streams(void **state) {
  (void)state;
  for (uint32_t i = 0; i < 100; i++) {
    uint64_t key = hft_mix64(hft_mix64(i) ^ ((uint64_t)(3 * i) << 32 | 7 * i));
    uint32_t expected[COUNT];
    pcg_oracle(key, hft_mix64(key), 0, expected, COUNT);
    hft_rng rng = hft_rng_stream(i, 3 * i, 7 * i);
    for (int j = 0; j < COUNT; j++) assert_int_equal(hft_rng_u32(&rng), expected[j]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(chosen_seeds),
      cmocka_unit_test(mixed_seeds),
      cmocka_unit_test(far_along_the_stream),
      cmocka_unit_test(streams),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
