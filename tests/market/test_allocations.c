// A market allocates no memory after its creation: neither while it runs, nor by a reset or a
// reading.
#include <stdlib.h>
#include <string.h>

#include "tests/market/allocations.h"
#include "tests/support/market_world.h"

static const char crowd[] =
    "market_config: {fundamental: jump, jump_rate: 100000}\n"
    "populations: [{kind: noise}, {kind: value, rate: 10}, {kind: maker}, {kind: reactive}]\n"
    "agents: [{kind: monkey}]\n";

static void count_event(void *context, const hft_event *event) {
  *(int64_t *)context += event->kind == HFT_EVENT_TRADE;
}

// What the compiler must not see through.
static void *volatile memory;

static void the_count_counts(void **state) {
  (void)state;
  int64_t before = allocations_count();
  memory = malloc(10);
  assert_true(allocations_count() > before);
  before = allocations_count();
  memory = realloc(memory, 100000);
  assert_true(allocations_count() > before);
  free(memory);
  before = allocations_count();
  memory = calloc(3, 3);
  assert_true(allocations_count() > before);
  free(memory);
  before = allocations_count();
  memory = aligned_alloc(64, 640);
  assert_true(allocations_count() > before);
  free(memory);
}

static void a_market_allocates_nothing(void **state) {
  (void)state;
  world w = world_create(crowd, 1);
  hft_market *fork = create_market(w.model);
  int64_t trades = 0;
  const hft_sink sink = {count_event, &trades};
  int64_t before = allocations_count();
  for (uint64_t seed = 0; seed < 3; seed++) {
    hft_market_reset(w.model, w.market, seed, 0, &sink);
    hft_market_run(w.model, w.market, 60 * HFT_SECOND, &sink);
    memcpy(fork, w.market, hft_market_size(w.model));
    hft_market_run(w.model, fork, 90 * HFT_SECOND, NULL);
    hft_desk desk = hft_market_desk(w.model, w.market, w.seat);
    hft_desk_submit(&desk, &(hft_order){HFT_BID, HFT_IOC, HFT_PRICE_MARKET, 1});
    hft_desk_cancel_all(&desk);
    hft_market_hash(w.model, w.market);
    hft_market_verify(w.model, w.market);
  }
  int64_t after = allocations_count();
  assert_true(trades > 1000);
  assert_int_equal(after - before, 0);
  free(fork);
  world_free(&w);
}

int main(void) {
  if (!allocations_start()) {
    print_message("allocations cannot be counted here: skipped\n");
    return 77;
  }
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_count_counts),
      cmocka_unit_test(a_market_allocates_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
