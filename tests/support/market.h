// Configs, models and markets of tests, the checks of their errors, and sinks for their events.
#ifndef HFTSIM_TESTS_SUPPORT_MARKET_H
#define HFTSIM_TESTS_SUPPORT_MARKET_H

#include "sim/market/market.h"
#include "tests/support/check.h"
#include "tests/support/schema.h"

// Fails the test, with the error's place and words, unless the status is HFT_OK.
void expect_ok(hft_status status, const hft_error *error);
// Fails the test unless an error has this status, `where` in its place and `words` in its text
// (null: not compared).
void expect_error(const hft_error *error, hft_status status, const char *where, const char *words);

// A config of a YAML text; fails the test where it is refused. Free it with hft_config_free.
hft_config *read_config(const hft_schema *schema, const char *yaml);
// Zeroed memory at a cache line, of at least 1 byte. Free it with free.
void *aligned_zeros(size_t size);
// A market in memory that was filled with garbage before. Free it with free.
hft_market *create_market(const hft_model *model);
// Fails the test with the fault that hft_market_verify finds.
void verify_market(const hft_model *model, const hft_market *market);

// Every event that a sink saw, in order. Begin with a zeroed one.
typedef struct event_record {
  hft_event *events;
  size_t count, capacity;
} event_record;

hft_sink event_record_sink(event_record *record);
void event_record_free(event_record *record);
// Fails the test unless both hold the same events, byte for byte.
void event_record_expect_same(const event_record *a, const event_record *b);

// A digest of all events that a sink saw, and their number. Begin with {HFT_HASH_START, 0}.
typedef struct event_digest {
  uint64_t hash, count;
} event_digest;

hft_sink event_digest_sink(event_digest *digest);

#endif
