#include "sim/flow/reactive_params.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/base/arena.h"
#include "sim/base/hash.h"

#define HFT_KEY_STRUCT hft_reactive_keys
static const hft_key keys[] = {HFT_REACTIVE_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

const hft_section hft_reactive_section = {
    "reactive",
    "order flow that depends on the book, the last events and the value, and that answers to "
    "trades",
    keys, sizeof keys / sizeof keys[0], sizeof(hft_reactive_keys)};

// ---- the tables --------------------------------------------------------------------------------

// The text of built-in tables, or null.
static const hft_flow_text *builtin(const char *name) {
  for (int i = 0; i < hft_flow_text_count; i++) {
    if (strcmp(hft_flow_texts[i].name, name) == 0) return &hft_flow_texts[i];
  }
  return NULL;
}

// Refuses a file, and names the tables that need none.
static hft_status no_file(const hft_path *path, const char *reason, hft_error *error) {
  char names[120] = "";
  for (int i = 0; i < hft_flow_text_count; i++) {
    size_t length = strlen(names);
    snprintf(names + length, sizeof names - length, "%s%s", i > 0 ? ", " : "",
             hft_flow_texts[i].name);
  }
  hft_status status =
      hft_fail(error, HFT_EIO, path->text, "cannot read the tables: %s; built in are: %s", reason,
               names[0] != '\0' ? names : "none");
  hft_path_explain(path, error);
  return status;
}

// Reads up to one byte more than tables may have.
static hft_status read_file(const hft_path *path, char *text, size_t *length, hft_error *error) {
  struct stat what;
  if (stat(path->text, &what) == 0 && !S_ISREG(what.st_mode)) {
    return no_file(path, "not a regular file", error);
  }
  FILE *file = fopen(path->text, "rb");
  if (file == NULL) return no_file(path, strerror(errno), error);
  errno = 0;
  *length = fread(text, 1, HFT_FLOW_TABLES_BYTES_MAX + 1, file);
  int reason = ferror(file) != 0 ? errno : 0;
  fclose(file);
  return reason == 0 ? HFT_OK : no_file(path, strerror(reason), error);
}

static hft_status load(hft_reactive_params *reactive, hft_error *error) {
  const char *name = reactive->keys.tables.text;
  const hft_flow_text *known = builtin(name);
  char *own = known == NULL ? malloc(HFT_FLOW_TABLES_BYTES_MAX + 1) : NULL;
  if (known == NULL && own == NULL) return hft_fail(error, HFT_ENOMEM, name, "out of memory");
  const char *text = known != NULL ? known->text : own;
  size_t length = known != NULL ? known->length : 0;
  hft_status status =
      known != NULL ? HFT_OK : read_file(&reactive->keys.tables, own, &length, error);
  if (status == HFT_OK) {
    status = hft_flow_tables_read(text, length, name, &reactive->model->tables, error);
    reactive->content = hft_hash_bytes(HFT_HASH_START, text, length) | 1;
  }
  free(own);
  return status;
}

// ---- callbacks ---------------------------------------------------------------------------------

static void compile_speed(hft_reactive_params *reactive, hft_time duration) {
  const hft_reactive_keys *k = &reactive->keys;
  reactive->parts = k->profile.count > 0 ? (int32_t)k->profile.count : 1;
  reactive->part = duration / reactive->parts + 1;
  for (int32_t i = 0; i < reactive->parts; i++) {
    double factor = k->profile.count > 0 ? k->profile.value[i] : 1;
    reactive->speed[i] = 1e9 / (k->pace * factor);
  }
}

hft_status hft_reactive_params_compile(void *params, const hft_instrument *instrument,
                                       const char *where, hft_error *error) {
  hft_reactive_params *reactive = params;
  const hft_reactive_keys *k = &reactive->keys;
  size_t size = hft_align(sizeof(hft_reactive_model));
  reactive->model = aligned_alloc(HFT_CACHE_LINE, size);
  if (reactive->model == NULL) return hft_fail(error, HFT_ENOMEM, where, "out of memory");
  memset(reactive->model, 0, size);
  hft_status status = load(reactive, error);
  if (status != HFT_OK) return status;
  const hft_flow_tables *tables = &reactive->model->tables;
  if (2 * tables->orders_mean >= (double)k->open_orders_max) {
    return hft_fail(error, HFT_ECONFIG, where,
                    "open_orders_max: the tables have %g orders a side on average; allow at "
                    "least %.0f",
                    tables->orders_mean, 4 * tables->orders_mean);
  }
  const hft_reactive_dials dials = {k->impact_decay, k->informed_share, k->informed_quotes,
                                    instrument->order_qty_max};
  hft_reactive_compile(reactive->model, &dials);
  compile_speed(reactive, instrument->duration);
  reactive->pull = (float)(k->value_pull / tables->spread_mean);
  reactive->beyond_cap = (int32_t)tables->spread_cap + 1;
  reactive->transient = k->transient_impact * tables->volatility;
  reactive->permanent = k->permanent_impact * tables->volatility;
  reactive->size_scale = 1 / tables->market_size;
  return HFT_OK;
}

// Half the cap of the spread, and where the tables put all but rare orders behind it.
double hft_reactive_params_reach(const void *params, const hft_instrument *instrument) {
  (void)instrument;
  const hft_flow_tables *tables = &((const hft_reactive_params *)params)->model->tables;
  double most = 0;
  for (int class = 0; class < HFT_FLOW_SPREADS; class ++) {
    double rare = tables->behind.value[class][tables->behind.count - 2];
    most = rare > most ? rare : most;
  }
  return tables->spread_cap + most;
}

void hft_reactive_params_release(void *params) {
  free(((hft_reactive_params *)params)->model);
}
