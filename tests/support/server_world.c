#include "tests/support/server_world.h"

#include <string.h>

#include "sim/flow/flow.h"
#include "tests/support/schema.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

hft_status (*world_on_read)(void);

#define READER_KEYS(X) X(PATH, file, "", 0, 63, "", "of nothing")
typedef struct reader_keys {
  READER_KEYS(HFT_KEY_MEMBER)
} reader_keys;
#define HFT_KEY_STRUCT reader_keys
static const hft_key reader_key[] = {READER_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static hft_status read_file(void *params, const hft_instrument *instrument, const char *where,
                            hft_error *error) {
  (void)params, (void)instrument;
  hft_status status = world_on_read != NULL ? world_on_read() : HFT_OK;
  return status == HFT_OK ? status : hft_fail(error, status, where, "as the test has it");
}

static hft_needs measure_file(const void *params) {
  (void)params;
  return (hft_needs){.open_orders_max = 1, .content = 1};
}

static const hft_section reader_section = {"reader", "reads for long", reader_key,
                                           COUNT(reader_key), sizeof(reader_keys)};
static const hft_agent_class reader_class = {.section = &reader_section,
                                             .params_size = sizeof(reader_keys),
                                             .compile = read_file,
                                             .measure = measure_file};
static const hft_agent_class *const classes[] = {&hft_noise_class, &hft_value_class, &reader_class};

static const char small[] =
    "market_config: {window_ticks: 1024}\n"
    "env_config: {warmup_s: 1, episode_len: 5}\n"
    "populations: [{kind: noise}, {kind: value}]\n"
    "seats: [{kind: maker}, {kind: executor}]\n";
static const char drifting[] = "env_config: {episode_len: 7}\n";

static test_schema schema;

hft_status world_load_config(void *context, const char *name, const char *text, size_t length,
                             hft_config **out, hft_error *error) {
  (void)context;
  if (text == NULL && name != NULL && strcmp(name, "broken") == 0) {
    return hft_fail(error, HFT_ENOMEM, "config", "out of memory, as the test has it");
  }
  hft_config *config = hft_config_create(&schema.schema);
  if (config == NULL) return hft_fail(error, HFT_ENOMEM, "config", "out of memory");
  hft_status status = hft_config_merge(config, small, sizeof small - 1, "small", error);
  if (status == HFT_OK && text == NULL && name != NULL && strcmp(name, "drifting") == 0) {
    status = hft_config_merge(config, drifting, sizeof drifting - 1, name, error);
  }
  if (status == HFT_OK && text != NULL) {
    status = hft_config_merge(config, text, length, name != NULL ? name : "config", error);
  }
  if (status != HFT_OK) {
    hft_config_free(config);
    return status;
  }
  *out = config;
  return HFT_OK;
}

hft_service_config world_service_config(int thread_count) {
  static const char *const names[] = {"small", "drifting", "broken"};
  (void)test_schema_env(&schema, classes, COUNT(classes));
  return (hft_service_config){
      .sessions_max = 4,
      .envs_max = 64,
      .memory_max = (size_t)256 << 20,
      .rate_max = HFT_SERVICE_RATE_MAX,
      .thread_count = thread_count,
      .idle_timeout = 10 * HFT_SECOND,
      .classes = classes,
      .class_count = COUNT(classes),
      .config_names = names,
      .config_name_count = COUNT(names),
      .load_config = world_load_config,
  };
}
