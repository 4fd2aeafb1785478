#include "sim/flow/crowd.h"

#include <string.h>

#include "sim/base/check.h"

bool hft_crowd_is_rate(const hft_key *key) {
  static const char *const rates[] = {"rate", "limit_rates", "market_rate"};
  for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
    if (strcmp(key->name, rates[i]) == 0) return true;
  }
  return false;
}

static int64_t find_headcount(const hft_key *keys, int key_count, const void *params) {
  for (int i = 0; i < key_count; i++) {
    if (strcmp(keys[i].name, "headcount") != 0) continue;
    return *(const int64_t *)((const char *)params + keys[i].offset);
  }
  HFT_CHECK(false);
  return 1;
}

static hft_status multiply(const hft_key *key, double *rate, int64_t headcount, const char *where,
                           hft_error *error) {
  double all = *rate * (double)headcount;
  if (all > key->high) {
    return hft_fail(error, HFT_ECONFIG, where,
                    "headcount: %lld traders with a %s of %g have a total of %g; at most %g is "
                    "allowed",
                    (long long)headcount, key->name, *rate, all, key->high);
  }
  *rate = all;
  return HFT_OK;
}

hft_status hft_crowd_gather(const hft_key *keys, int key_count, void *params, const char *where,
                            hft_error *error) {
  int64_t headcount = find_headcount(keys, key_count, params);
  hft_status status = HFT_OK;
  for (int i = 0; i < key_count && status == HFT_OK; i++) {
    if (!hft_crowd_is_rate(&keys[i])) continue;
    void *value = (char *)params + keys[i].offset;
    if (keys[i].kind == HFT_KEY_REAL) {
      status = multiply(&keys[i], value, headcount, where, error);
      continue;
    }
    HFT_CHECK(keys[i].kind == HFT_KEY_LIST);
    hft_list *list = value;
    for (int64_t k = 0; k < list->count && status == HFT_OK; k++) {
      status = multiply(&keys[i], &list->value[k], headcount, where, error);
    }
  }
  return status;
}
