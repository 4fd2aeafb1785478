#include "cli/seeds.h"

#include <string.h>

#define DIGITS "0123456789"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

typedef struct seed_range {
  const char *name;
  uint64_t first, count;
} seed_range;

// The names of a range: Python's, and a short one.
static const seed_range seed_ranges[] = {{"training", 0, 1000000000},
                                         {"train", 0, 1000000000},
                                         {"validation", 1000000000, 100000000},
                                         {"test", 2000000000, 100000000}};

// Reads the digits at *text and moves it past them.
static bool take_number(const char **text, uint64_t *number) {
  const char *at = *text;
  size_t length = strspn(at, DIGITS);
  if (length == 0 || (at[0] == '0' && length > 1)) return false;
  uint64_t value = 0;
  for (size_t i = 0; i < length; i++) {
    uint64_t digit = (uint64_t)(at[i] - '0');
    if (value > (UINT64_MAX - digit) / 10) return false;
    value = value * 10 + digit;
  }
  *number = value;
  *text = at + length;
  return true;
}

static bool take_colon(const char **text) {
  if (**text != ':') return false;
  ++*text;
  return true;
}

// Reads the name of a range at *text and moves it past that; null: there is none.
static const seed_range *take_range(const char **text) {
  size_t length = strcspn(*text, ":");
  for (size_t i = 0; i < COUNT(seed_ranges); i++) {
    const char *name = seed_ranges[i].name;
    if (strlen(name) != length || strncmp(*text, name, length) != 0) continue;
    *text += length;
    return &seed_ranges[i];
  }
  return NULL;
}

bool cli_parse_seed(const char *text, uint64_t *seed) {
  uint64_t value = 0;
  const seed_range *range = take_range(&text);
  if (range == NULL) {
    if (!take_number(&text, &value) || *text != '\0') return false;
    *seed = value;
    return true;
  }
  if (*text != '\0' && !(take_colon(&text) && take_number(&text, &value))) return false;
  if (*text != '\0' || value >= range->count) return false;
  *seed = range->first + value;
  return true;
}

// "A:B", or "N" for 0:N where a range was named.
static bool take_span(const char *text, bool one, uint64_t *begin, uint64_t *end) {
  *begin = 0;
  if (!take_number(&text, end)) return false;
  if (*text == '\0') return one;
  *begin = *end;
  return take_colon(&text) && take_number(&text, end) && *text == '\0';
}

hft_status cli_parse_seeds(const char *text, int64_t most, cli_seeds *out, hft_error *error) {
  const char *rest = text;
  const seed_range *range = take_range(&rest);
  if (range != NULL && *rest == '\0') {
    *out = (cli_seeds){range->first, 0};
    return HFT_OK;
  }
  uint64_t begin, end;
  if ((range != NULL && !take_colon(&rest)) || !take_span(rest, range != NULL, &begin, &end)) {
    return hft_fail(error, HFT_EINVAL, "--seeds",
                    "'%s' is neither A:B (seeds from A to B - 1) nor a range such as test, "
                    "test:500 (its first 500) or train:100:200",
                    text);
  }
  if (end <= begin) {
    return hft_fail(error, HFT_EINVAL, "--seeds", "'%s' is empty; A:B has the seeds A to B - 1",
                    text);
  }
  if (range != NULL && end > range->count) {
    return hft_fail(error, HFT_EINVAL, "--seeds", "'%s' leaves the range %s, which has %llu seeds",
                    text, range->name, (unsigned long long)range->count);
  }
  if (end - begin > (uint64_t)most) {
    return hft_fail(error, HFT_EINVAL, "--seeds", "'%s' has more than %lld seeds", text,
                    (long long)most);
  }
  *out = (cli_seeds){(range != NULL ? range->first : 0) + begin, (int64_t)(end - begin)};
  return HFT_OK;
}
