// Prints digests of what the simulator does with fixed configs and seeds: of every event of a
// market, straight and by way of a copy, and of every number of a pool of environments at several
// thread counts. A line is "name: digest". golden.py compares them to market.txt.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/check.h"
#include "sim/base/dist.h"
#include "sim/base/hash.h"
#include "sim/flow/flow.h"
#include "sim/pool/pool.h"

#define SEEDS 3
#define MARKET_SECONDS 600
#define POOL_ENVS 16
#define POOL_STEPS 120

static const hft_agent_class *const classes[] = {&hft_noise_class, &hft_value_class,
                                                 &hft_trend_class, &hft_metaorder_class,
                                                 &hft_maker_class, &hft_reactive_class};
enum { CLASS_COUNT = sizeof classes / sizeof classes[0] };

static const hft_section *kinds[CLASS_COUNT];
static const hft_section *const market_section[] = {&hft_market_section};
static const hft_section *const exchange_section[] = {&hft_exchange_section};
static const hft_section *const env_section[] = {&hft_env_section};
static const hft_section *const risk_section[] = {&hft_risk_section};
static const hft_section *const reward_section[] = {&hft_reward_section};
static const hft_schema_entry entries[] = {
    {"market_config", "", 0, market_section, 1},
    {"exchange_config", "", 0, exchange_section, 1},
    {"env_config", "", 0, env_section, 1},
    {"risk_config", "", 0, risk_section, 1},
    {"reward_config", "", 0, reward_section, 1},
    {"populations", "", 1, kinds, CLASS_COUNT},
    {"agents", "", 1, kinds, CLASS_COUNT},
    {"seats", "", 1, hft_seat_sections, HFT_ROLE_COUNT},
};
static const hft_schema schema = {entries, sizeof entries / sizeof entries[0]};

static void stop_on(hft_status status, const hft_error *error) {
  if (status == HFT_OK) return;
  fprintf(stderr, "golden: %s: %s\n", error->where, error->text);
  exit(1);
}

typedef struct digest {
  uint64_t hash;
  uint64_t events, trades;
} digest;

static void hash_event(void *context, const hft_event *event) {
  digest *sum = context;
  const uint64_t words[] = {
      (uint64_t)event->time,
      event->sequence,
      (uint64_t)event->order.slot1 << 32 | event->order.number,
      (uint64_t)event->taker.slot1 << 32 | event->taker.number,
      (uint64_t)(uint32_t)event->price << 32 | (uint32_t)event->qty,
      (uint64_t)(uint32_t)event->left << 32 | (uint32_t)event->owner << 16 | event->taker_owner,
      (uint64_t)event->kind << 24 | (uint32_t)event->side << 16 | (uint32_t)event->reason << 8 |
          event->instrument,
  };
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    sum->hash = hft_hash_u64(sum->hash, words[i]);
  }
  sum->events++;
  sum->trades += event->kind == HFT_EVENT_TRADE;
}

static hft_market *make_market(const hft_model *model) {
  size_t size = hft_align(hft_market_size(model));
  void *memory = aligned_alloc(HFT_CACHE_LINE, size);
  HFT_CHECK(memory != NULL);
  hft_market *market;
  HFT_CHECK(hft_market_init(model, memory, size, &market) == HFT_OK);
  return market;
}

// A session, by way of a copy of the market halfway, whose own memory is then spoilt; the copy is
// in *end.
static digest run_through_a_copy(const hft_model *model, uint32_t seed, hft_market **end) {
  digest sum = {HFT_HASH_START, 0, 0};
  const hft_sink sink = {hash_event, &sum};
  hft_market *market = make_market(model);
  hft_market_reset(model, market, seed, seed, &sink);
  hft_market_run(model, market, MARKET_SECONDS * HFT_SECOND / 2, &sink);
  *end = make_market(model);
  memcpy(*end, market, hft_market_size(model));
  memset(market, 0xa5, hft_market_size(model));
  hft_market_run(model, *end, MARKET_SECONDS * HFT_SECOND, &sink);
  free(market);
  return sum;
}

static void digest_market(const char *name, const hft_model *model) {
  hft_market *market = make_market(model);
  for (uint32_t seed = 0; seed < SEEDS; seed++) {
    digest sum = {HFT_HASH_START, 0, 0};
    const hft_sink sink = {hash_event, &sum};
    hft_market_reset(model, market, seed, seed, &sink);
    hft_market_run(model, market, MARKET_SECONDS * HFT_SECOND, &sink);
    HFT_CHECK(hft_market_verify(model, market) == NULL);
    hft_market *copy;
    const digest again = run_through_a_copy(model, seed, &copy);
    HFT_CHECK(again.hash == sum.hash && again.events == sum.events);
    HFT_CHECK(hft_market_hash(model, copy) == hft_market_hash(model, market));
    free(copy);
    printf("%s market seed %" PRIu32 ": %016" PRIx64 ", %" PRIu64 " events, %" PRIu64
           " trades, end %016" PRIx64 "\n",
           name, seed, sum.hash, sum.events, sum.trades, hft_market_hash(model, market));
  }
  free(market);
}

static uint64_t hash_floats(uint64_t hash, const void *bytes, size_t size) {
  for (size_t at = 0; at + 4 <= size; at += 4) {
    uint32_t word;
    memcpy(&word, (const char *)bytes + at, sizeof word);
    hash = hft_hash_u64(hash, word);
  }
  return hash;
}

// All arrays of a slab; what lies between them is not looked at.
static uint64_t hash_slab(uint64_t hash, const hft_layout *layout, const void *slab) {
  for (int i = 0; i < layout->count; i++) {
    const hft_array *array = &layout->array[i];
    const char *bytes = (const char *)slab + array->offset;
    hash = array->dtype == HFT_DTYPE_U8 ? hft_hash_bytes(hash, bytes, array->bytes)
                                        : hash_floats(hash, bytes, array->bytes);
  }
  return hash;
}

static void draw_numbers(float *number, size_t count, const hft_group *group, hft_rng *rng) {
  for (size_t k = 0; k < count; k++) {
    int32_t choices = group->choice_count[k % (size_t)group->action_dim];  // 0, if not mixed
    number[k] = choices > 0 ? (float)hft_bounded(rng, (uint32_t)choices)
                            : (float)(2 * hft_uniform(rng) - 1);
  }
}

static void draw_choices(int32_t *choice, size_t count, const hft_env_spec *spec,
                         const hft_group *group, hft_rng *rng) {
  bool product = spec->action_space == HFT_ACTION_DISCRETE;
  for (size_t k = 0; k < count; k++) {
    int axis = (int)(k % (size_t)group->action_dim);
    int32_t choices = product ? group->mask_dim : group->choice_count[axis];
    choice[k] = (int32_t)hft_bounded(rng, (uint32_t)choices);
  }
}

static void draw_actions(hft_pool *pool, hft_rng *rng) {
  const hft_layout *layout = hft_pool_actions_layout(pool);
  const hft_env_spec *spec = hft_env_model_spec(hft_pool_model(pool));
  for (int i = 0; i < layout->count; i++) {
    const hft_array *array = &layout->array[i];
    void *action = (char *)hft_pool_actions(pool) + array->offset;
    size_t count = array->bytes / 4;  // numbers of either kind are of four bytes
    if (array->dtype == HFT_DTYPE_F32) {
      draw_numbers(action, count, &spec->group[i], rng);
    } else {
      draw_choices(action, count, spec, &spec->group[i], rng);
    }
  }
}

static void digest_pool(const char *name, const hft_env_model *model, int threads) {
  const hft_pool_config config = {.env_count = POOL_ENVS, .thread_count = threads, .seed = 1};
  hft_pool *pool;
  hft_error error = {0};
  stop_on(hft_pool_create(model, &config, &pool, &error), &error);
  hft_rng rng = hft_rng_seed(1, 1);
  uint64_t hash = HFT_HASH_START;
  int ended = 0;
  hft_pool_reset(pool, NULL, NULL);
  hash = hash_slab(hash, hft_pool_results_layout(pool), hft_pool_results(pool));
  for (int step = 0; step < POOL_STEPS; step++) {
    draw_actions(pool, &rng);
    hft_pool_step(pool);
    hash = hash_slab(hash, hft_pool_results_layout(pool), hft_pool_results(pool));
    int count = hft_pool_ended_count(pool);
    if (count == 0) continue;
    hft_layout finals;
    hft_pool_finals_layout(pool, count, &finals);
    hash = hash_slab(hash, &finals, hft_pool_finals(pool));
    ended += count;
  }
  printf("%s pool of %d envs: %016" PRIx64 ", %d episodes, on %d threads\n", name, POOL_ENVS, hash,
         ended, threads);
  hft_pool_free(pool);
}

// The name of a config without folder and suffix.
static void name_of(const char *path, char *name, size_t size) {
  const char *slash = strrchr(path, '/');
  snprintf(name, size, "%s", slash != NULL ? slash + 1 : path);
  name[strcspn(name, ".")] = '\0';
}

int main(int argc, char **argv) {
  for (int i = 0; i < CLASS_COUNT; i++) kinds[i] = classes[i]->section;
  for (int i = 1; i < argc; i++) {
    char name[64];
    name_of(argv[i], name, sizeof name);
    hft_config *config = hft_config_create(&schema);
    HFT_CHECK(config != NULL);
    hft_error error = {0};
    stop_on(hft_config_merge_file(config, argv[i], &error), &error);
    hft_env_model *model;
    stop_on(hft_env_model_create(config, classes, CLASS_COUNT, &model, &error), &error);
    digest_market(name, hft_env_model_market(model));
    const int threads[] = {1, 3, 16};
    for (int k = 0; k < 3; k++) digest_pool(name, model, threads[k]);
    hft_env_model_free(model);
    hft_config_free(config);
  }
  return 0;
}
