#include "cli/setup.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/stop.h"
#include "sim/env/env.h"

static const hft_catalog *the_catalog(void) {
  static hft_catalog catalog;
  hft_catalog_init(&catalog);
  return &catalog;
}

const hft_schema *cli_schema(void) {
  return &the_catalog()->schema;
}

hft_status cli_load_config(const char *name, const cli_list *overrides, hft_config **out,
                           hft_error *error) {
  *out = NULL;
  hft_config *config;
  hft_status status = hft_catalog_config(the_catalog(), &config, error);
  if (status != HFT_OK) return status;
  if (name != NULL) status = hft_catalog_merge(config, name, error);
  for (int i = 0; i < overrides->count && status == HFT_OK; i++) {
    status = hft_config_set(config, overrides->item[i], error);
  }
  if (status == HFT_OK) {
    status = hft_env_check_seats(config, hft_catalog_classes, hft_catalog_class_count, error);
  }
  if (status != HFT_OK) {
    hft_config_free(config);
    return status;
  }
  *out = config;
  return HFT_OK;
}

// The key by which a kind of population draws its windows; null: it replays no record.
static const hft_key *window_key(const hft_section *section) {
  for (int i = 0; i < hft_catalog_class_count; i++) {
    const hft_agent_class *c = hft_catalog_classes[i];
    if (c->section != section || !c->key.record_window.exists) continue;
    for (int k = 0; k < section->key_count; k++) {
      if (section->keys[k].offset == c->key.record_window.offset) return &section->keys[k];
    }
  }
  return NULL;
}

hft_status cli_draw_windows(hft_config *config, hft_error *error) {
  hft_status status = HFT_OK;
  for (int i = 0; i < hft_config_count(config, "populations") && status == HFT_OK; i++) {
    const hft_section *section;
    hft_config_item(config, "populations", i, &section);
    const hft_key *key = window_key(section);
    if (key == NULL || hft_config_item_states(config, "populations", i, key->name)) continue;
    char path[96];
    snprintf(path, sizeof path, "populations.%d.%.60s", i, key->name);
    status = hft_config_set_value(config, path, "random", error);
  }
  return status;
}

hft_status cli_create_model(const hft_config *config, hft_model **out, hft_error *error) {
  return hft_model_create(config, hft_catalog_classes, hft_catalog_class_count, NULL, 0, out,
                          error);
}

hft_status cli_check_instrument(const hft_config *config, int64_t instrument, hft_error *error) {
  const hft_market_config *market = hft_config_map(config, "market_config");
  if (instrument >= 0 && instrument < market->instruments) return HFT_OK;
  return hft_fail(error, HFT_EINVAL, "--instrument", "%lld out of range [0, %lld]",
                  (long long)instrument, (long long)market->instruments - 1);
}

void cli_note_seats(const hft_config *config) {
  if (hft_config_count(config, "randomise") > 0) {
    fprintf(stderr,
            "hftsim: note: the config's list randomise draws nothing here: all episodes "
            "have the config's own values\n");
  }
  for (int i = 0; i < hft_config_count(config, "seats"); i++) {
    const hft_section *section;
    const char *keys = hft_config_item(config, "seats", i, &section);
    const hft_key *key = hft_section_find(section, "controller");
    if (key == NULL) continue;
    const hft_text *controller = (const void *)(keys + key->offset);
    if (strcmp(controller->text, "external") == 0) continue;
    fprintf(stderr,
            "hftsim: note: the config's seats do not trade here, whatever their controllers: this "
            "market has its populations and agents only\n");
    return;
  }
}

static int thread_count(int64_t asked) {
  long processors = sysconf(_SC_NPROCESSORS_ONLN);
  int64_t threads = asked > 0 ? asked : processors > 0 ? processors : 1;
  return (int)(threads < HFT_RUNNER_THREADS_MAX ? threads : HFT_RUNNER_THREADS_MAX);
}

static bool stopped(void *context) {
  (void)context;
  return cli_stopped();
}

static void show_progress(void *context, double done) {
  cli_progress_update(context, done);
}

hft_runner_options cli_runner_options(cli_progress *bar, int64_t episodes, int64_t threads,
                                      uint64_t seed) {
  return (hft_runner_options){
      .episodes = (int)episodes,
      .threads = thread_count(threads),
      .seed = seed,
      .stopped = stopped,
      .progress = bar != NULL ? show_progress : NULL,
      .context = bar,
  };
}

const char *cli_dependence(const hft_model *model, int64_t episodes, char *text, size_t size) {
  double worlds = hft_model_worlds(model);
  if (episodes == 1 || worlds >= (double)episodes) return NULL;
  if (worlds <= 1) {
    snprintf(text, size,
             "the orders of all %" PRId64
             " episodes are the same, whatever the seed (a tape of one fixed window): there are no "
             "intervals",
             episodes);
  } else {
    snprintf(text, size,
             "the windows of %" PRId64
             " episodes overlap: the tape has room for %.1f; the intervals are too narrow",
             episodes, worlds);
  }
  return text;
}

void cli_read_summary(const char *text, char *summary, size_t size) {
  size_t used = 0;
  summary[0] = '\0';
  for (const char *line = text; *line == '#';) {
    line += strspn(line, "# ");
    size_t length = strcspn(line, "\r\n");
    if (length == 0 || used + length + 2 > size) break;
    int written =
        snprintf(summary + used, size - used, "%s%.*s", used > 0 ? " " : "", (int)length, line);
    used += (size_t)written;
    line += length;
    line += *line == '\r';
    line += *line == '\n';
  }
}
