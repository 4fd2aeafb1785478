#include "tests/support/market.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/arena.h"
#include "sim/base/hash.h"

void expect_ok(hft_status status, const hft_error *error) {
  if (status != HFT_OK) fail_msg("%s: %s", error->where, error->text);
}

void expect_error(const hft_error *error, hft_status status, const char *where, const char *words) {
  bool is_place = where == NULL || strstr(error->where, where) != NULL;
  bool is_text = words == NULL || strstr(error->text, words) != NULL;
  if (error->status != status || !is_place || !is_text) {
    fail_msg("the error is %d, \"%s: %s\", not %d, \"%s\" and \"%s\"", error->status, error->where,
             error->text, status, where != NULL ? where : "", words != NULL ? words : "");
  }
}

hft_config *read_config(const hft_schema *schema, const char *yaml) {
  hft_config *config = hft_config_create(schema);
  assert_non_null(config);
  hft_error error = {0};
  expect_ok(hft_config_merge(config, yaml, strlen(yaml), "test", &error), &error);
  return config;
}

static void *aligned_memory(size_t size, int byte) {
  size_t whole = hft_align(size > 0 ? size : 1);
  void *memory = aligned_alloc(HFT_CACHE_LINE, whole);
  assert_non_null(memory);
  return memset(memory, byte, whole);
}

void *aligned_zeros(size_t size) {
  return aligned_memory(size, 0);
}

hft_market *create_market(const hft_model *model) {
  size_t size = hft_align(hft_market_size(model));
  void *memory = aligned_memory(size, 0xa5);
  hft_market *market = NULL;
  assert_int_equal(hft_market_init(model, memory, size, &market), HFT_OK);
  assert_ptr_equal(market, memory);
  return market;
}

void verify_market(const hft_model *model, const hft_market *market) {
  const char *fault = hft_market_verify(model, market);
  if (fault != NULL) fail_msg("at %lld ns: %s", (long long)hft_market_now(market), fault);
}

static void record_event(void *context, const hft_event *event) {
  event_record *record = context;
  if (record->count == record->capacity) {
    record->capacity = record->capacity > 0 ? 2 * record->capacity : 1024;
    record->events = realloc(record->events, record->capacity * sizeof *record->events);
    assert_non_null(record->events);
  }
  record->events[record->count++] = *event;
}

hft_sink event_record_sink(event_record *record) {
  return (hft_sink){record_event, record};
}

void event_record_free(event_record *record) {
  free(record->events);
  *record = (event_record){0};
}

void event_record_expect_same(const event_record *a, const event_record *b) {
  size_t count = a->count < b->count ? a->count : b->count;
  for (size_t i = 0; i < count; i++) {
    if (memcmp(&a->events[i], &b->events[i], sizeof a->events[i]) != 0) {
      fail_msg("event %zu differs", i);
    }
  }
  assert_int_equal(a->count, b->count);
}

static void digest_event(void *context, const hft_event *event) {
  event_digest *digest = context;
  digest->hash = hft_hash_bytes(digest->hash, event, sizeof *event);
  digest->count++;
}

hft_sink event_digest_sink(event_digest *digest) {
  return (hft_sink){digest_event, digest};
}
