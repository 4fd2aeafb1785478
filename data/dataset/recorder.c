#include "data/dataset/recorder.h"

#include <hdf5.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "data/dataset/h5.h"
#include "data/dataset/part.h"
#include "data/dataset/table.h"
#include "sim/base/check.h"
#include "sim/base/version.h"

// The tables of one instrument.
typedef struct tables {
  hft_table *events, *trades, *snapshots;
} tables;

struct hft_recorder {
  hft_recording recording;
  const hft_model *model;
  hft_part part;
  hid_t file;
  int instrument_count;
  tables tables[HFT_INSTRUMENTS_MAX];
  uint64_t sequence;  // of the last event
  int64_t window_refusals, one_sided;
  hft_status status;  // of the first failed write
  hft_error error;    // its text
};

bool hft_is_day(const char *text) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const char *form = "dddd-dd-dd";
  for (int i = 0; i < 10; i++) {
    bool digit = text[i] >= '0' && text[i] <= '9';
    if (form[i] == 'd' ? !digit : text[i] != form[i]) return false;
  }
  if (text[10] != '\0') return false;
  int year = (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 + text[3] - '0';
  int month = (text[5] - '0') * 10 + text[6] - '0';
  int day = (text[8] - '0') * 10 + text[9] - '0';
  bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  if (month < 1 || month > 12 || day < 1) return false;
  return day <= days[month - 1] + (month == 2 && leap ? 1 : 0);
}

static hft_status check(const hft_recording *recording, const char *symbol, hft_error *error) {
  if (!hft_is_day(recording->day)) {
    return hft_fail(error, HFT_EINVAL, "day", "'%s' is not a date such as 2026-01-02",
                    recording->day);
  }
  if (recording->levels < 1 || recording->levels > HFT_SNAPSHOT_LEVELS_MAX) {
    return hft_fail(error, HFT_EINVAL, "levels", "%d out of range [1, %d]", recording->levels,
                    HFT_SNAPSHOT_LEVELS_MAX);
  }
  if (recording->snapshot_ns < 1 || recording->duration_ns < 1) {
    return hft_fail(error, HFT_EINVAL, "snapshot_ns",
                    "snapshot_ns and duration_ns must be positive");
  }
  if (strchr(symbol, '/') != NULL || strcmp(symbol, ".") == 0) {
    return hft_fail(error, HFT_ECONFIG, "market_config.symbol",
                    "'%s' cannot name a group of an HDF5 file", symbol);
  }
  return HFT_OK;
}

// ---- the file --------------------------------------------------------------------------------

static hft_status create_file(hft_recorder *recorder, hft_error *error) {
  recorder->file = hft_h5_create(recorder->part.part);
  return recorder->file >= 0 ? HFT_OK : hft_h5_fail(error, recorder->part.path, "the file");
}

static bool describe_file(hid_t file, const hft_recording *recording) {
  return hft_h5_text(file, "title", "order-level market data simulated by hftsim") &&
         hft_h5_i64(file, "schema_version", HFT_SCHEMA_VERSION) &&
         hft_h5_text(file, "hftsim_version", hft_version) &&
         hft_h5_text(file, "git_revision", hft_revision) &&
         hft_h5_u64(file, "seed", recording->seed) &&
         hft_h5_text(file, "config", recording->config);
}

static bool describe_symbol(hid_t group, const hft_model *model) {
  const hft_instrument *instrument = hft_model_instrument(model);
  return hft_h5_f64(group, "tick_size", instrument->tick_size) &&
         hft_h5_text(group, "tick_size_units", "currency per tick") &&
         hft_h5_i64(group, "initial_price", instrument->initial_price) &&
         hft_h5_text(group, "initial_price_units", "ticks");
}

static bool describe_day(hid_t group, const hft_recording *recording) {
  return hft_h5_i64(group, "duration", recording->duration_ns) &&
         hft_h5_text(group, "duration_units", "ns") &&
         hft_h5_i64(group, "snapshot_interval", recording->snapshot_ns) &&
         hft_h5_text(group, "snapshot_interval_units", "ns") &&
         hft_h5_i64(group, "levels", recording->levels);
}

// Writes the class names of the participants, by owner, as texts of one length.
static bool write_participants(hid_t parent, const hft_model *model) {
  hsize_t count = (hsize_t)hft_model_participant_count(model);
  size_t width = 1;
  for (hsize_t i = 0; i < count; i++) {
    size_t length = strlen(hft_model_participant_name(model, (hft_owner)i));
    if (length > width) width = length;
  }
  char *names = calloc(count + 1, width + 1);
  if (names == NULL) return false;
  for (hsize_t i = 0; i < count; i++) {
    const char *name = hft_model_participant_name(model, (hft_owner)i);
    memcpy(names + i * width, name, strlen(name));
  }
  hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, width);
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  hid_t space = H5Screate_simple(1, &count, NULL);
  hid_t list = hft_h5_dataset_list();
  hid_t dataset = H5Dcreate2(parent, "participants", type, space, H5P_DEFAULT, list, H5P_DEFAULT);
  bool written =
      dataset >= 0 &&
      (count == 0 || H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, names) >= 0) &&
      hft_h5_text(dataset, "units", "1") &&
      hft_h5_text(dataset, "description", "class of each participant, by its index as an owner");
  if (dataset >= 0) H5Dclose(dataset);
  H5Pclose(list);
  H5Sclose(space);
  H5Tclose(type);
  free(names);
  return written;
}

static hft_status create_tables(hft_recorder *recorder, tables *own, hid_t day, hft_error *error) {
  const char *path = recorder->part.path;
  int levels = recorder->recording.levels;
  hft_status status = hft_table_create(day, &hft_events_schema, levels, path, &own->events, error);
  if (status != HFT_OK) return status;
  status = hft_table_create(day, &hft_trades_schema, levels, path, &own->trades, error);
  if (status != HFT_OK) return status;
  status = hft_table_create(day, &hft_snapshots_schema, levels, path, &own->snapshots, error);
  if (status != HFT_OK) return status;
  if (!write_participants(day, recorder->model)) return hft_h5_fail(error, path, "participants");
  return HFT_OK;
}

// Creates the group of an instrument and its tables.
static hft_status create_instrument(hft_recorder *recorder, int instrument, hft_error *error) {
  const hft_recording *recording = &recorder->recording;
  const char *path = recorder->part.path;
  char symbol[HFT_TEXT_MAX];
  hft_model_symbol(recorder->model, instrument, symbol, sizeof symbol);
  hid_t group = hft_h5_group(recorder->file, symbol, "an instrument");
  hid_t day = group >= 0 ? hft_h5_group(group, recording->day, "a session of the instrument") : -1;
  hft_status status = HFT_OK;
  if (day < 0 || !describe_symbol(group, recorder->model) || !describe_day(day, recording)) {
    status = hft_h5_fail(error, path, symbol);
  }
  if (status == HFT_OK) {
    status = create_tables(recorder, &recorder->tables[instrument], day, error);
  }
  if (day >= 0) H5Gclose(day);
  if (group >= 0) H5Gclose(group);
  return status;
}

static hft_status create_contents(hft_recorder *recorder, hft_error *error) {
  hft_status status = create_file(recorder, error);
  if (status == HFT_OK && !describe_file(recorder->file, &recorder->recording)) {
    status = hft_h5_fail(error, recorder->part.path, "the file");
  }
  for (int i = 0; i < recorder->instrument_count && status == HFT_OK; i++) {
    status = create_instrument(recorder, i, error);
  }
  return status;
}

hft_status hft_recorder_create(const hft_recording *recording, const hft_model *model,
                               hft_recorder **out, hft_error *error) {
  *out = NULL;
  const char *symbol = hft_model_market_config(model)->symbol.text;
  hft_status status = check(recording, symbol, error);
  if (status != HFT_OK) return status;
  hft_recorder *recorder = calloc(1, sizeof *recorder);
  if (recorder == NULL) return hft_fail(error, HFT_ENOMEM, recording->path, "out of memory");
  recorder->recording = *recording;
  recorder->model = model;
  recorder->instrument_count = hft_model_instrument_count(model);
  recorder->file = -1;
  hft_h5_start();
  status = hft_part_begin(&recorder->part, recording->path, recording->force, error);
  if (status == HFT_OK) status = create_contents(recorder, error);
  if (status != HFT_OK) {
    hft_recorder_free(recorder);
    return status;
  }
  *out = recorder;
  return HFT_OK;
}

// ---- rows ------------------------------------------------------------------------------------

static void append(hft_recorder *recorder, hft_table *table) {
  recorder->status = hft_table_append(table, &recorder->error);
}

static void record_trade(hft_recorder *recorder, const hft_event *event) {
  hft_table *trades = recorder->tables[event->instrument].trades;
  hft_trade_row *row = hft_table_row(trades);
  bool auction = event->reason == HFT_REASON_AUCTION;
  *row = (hft_trade_row){
      .time = event->time,
      .sequence = event->sequence,
      .price = event->price,
      .qty = event->qty,
      .aggressor = auction ? HFT_AGGRESSOR_NONE : (uint8_t)hft_side_other((hft_side)event->side),
      .maker_order = event->order.number,
      .taker_order = event->taker.number,
      .maker_owner = event->owner,
      .taker_owner = event->taker_owner,
      .maker_rested = event->rested,
      .maker_ahead = event->ahead,
      .maker_latency = event->latency,
      .taker_latency = event->taker_latency,
  };
  append(recorder, trades);
}

static void record_event(void *context, const hft_event *event) {
  hft_recorder *recorder = context;
  if (recorder->status != HFT_OK) return;
  recorder->sequence = event->sequence;
  hft_table *events = recorder->tables[event->instrument].events;
  hft_event_row *row = hft_table_row(events);
  *row = (hft_event_row){
      .time = event->time,
      .sequence = event->sequence,
      .kind = event->kind,
      .reason = event->reason,
      .side = event->side,
      .order = event->order.number,
      .taker = event->taker.number,
      .price = event->price,
      .qty = event->qty,
      .left = event->left,
      .owner = event->owner,
      .taker_owner = event->taker_owner,
  };
  append(recorder, events);
  bool refused = event->kind == HFT_EVENT_REJECT && event->reason == HFT_REASON_PRICE_WINDOW;
  recorder->window_refusals += refused;
  if (event->kind == HFT_EVENT_TRADE && recorder->status == HFT_OK) record_trade(recorder, event);
}

hft_sink hft_recorder_sink(hft_recorder *recorder) {
  return (hft_sink){record_event, recorder};
}

static void fill_side(const hft_book *book, hft_side side, int levels, int32_t *price, int32_t *qty,
                      int32_t *count) {
  hft_level level[HFT_SNAPSHOT_LEVELS_MAX];
  int found = hft_book_depth(book, side, level, levels);
  for (int i = 0; i < levels; i++) {
    bool there = i < found;
    price[i] = there ? level[i].price : 0;
    qty[i] = there ? level[i].qty : 0;
    count[i] = there ? level[i].order_count : 0;
  }
}

static hft_status recorder_status(const hft_recorder *recorder, hft_error *error) {
  if (recorder->status != HFT_OK && error != NULL) *error = recorder->error;
  return recorder->status;
}

static void record_snapshot(hft_recorder *recorder, hft_market *market, int instrument) {
  const hft_book *book = hft_market_book(recorder->model, market, instrument);
  int levels = recorder->recording.levels;
  hft_table *snapshots = recorder->tables[instrument].snapshots;
  hft_snapshot_row *row = hft_table_row(snapshots);
  row->time = hft_market_now(market);
  row->sequence = recorder->sequence;
  row->mid = 0.5 * (double)hft_market_mid2(market, instrument);
  row->fundamental = hft_market_fundamental(recorder->model, market, instrument);
  fill_side(book, HFT_BID, levels, row->bid_price, row->bid_qty, row->bid_count);
  fill_side(book, HFT_ASK, levels, row->ask_price, row->ask_qty, row->ask_count);
  bool both = row->bid_price[0] != 0 && row->ask_price[0] != 0;
  // During an auction and after the close, a book shows nothing.
  bool open = hft_market_phase(recorder->model, market, instrument) == HFT_PHASE_CONTINUOUS;
  recorder->one_sided += open && !both;
  row->spread = both ? row->ask_price[0] - row->bid_price[0] : 0;
  append(recorder, snapshots);
}

hft_status hft_recorder_snapshot(hft_recorder *recorder, hft_market *market, hft_error *error) {
  for (int i = 0; i < recorder->instrument_count && recorder->status == HFT_OK; i++) {
    record_snapshot(recorder, market, i);
  }
  return recorder_status(recorder, error);
}

hft_recorder_counts hft_recorder_counts_of(const hft_recorder *recorder) {
  hft_recorder_counts counts = {.window_refusals = recorder->window_refusals,
                                .one_sided = recorder->one_sided};
  for (int i = 0; i < recorder->instrument_count; i++) {
    counts.events += hft_table_rows(recorder->tables[i].events);
    counts.trades += hft_table_rows(recorder->tables[i].trades);
    counts.snapshots += hft_table_rows(recorder->tables[i].snapshots);
  }
  return counts;
}

// ---- the end ---------------------------------------------------------------------------------

static void close_tables(hft_recorder *recorder) {
  for (int i = 0; i < recorder->instrument_count; i++) {
    hft_table_free(recorder->tables[i].events);
    hft_table_free(recorder->tables[i].trades);
    hft_table_free(recorder->tables[i].snapshots);
    recorder->tables[i] = (tables){0};
  }
}

// Writes the buffered rows of all tables.
static hft_status finish_tables(hft_recorder *recorder, hft_error *error) {
  for (int i = 0; i < recorder->instrument_count; i++) {
    const tables *own = &recorder->tables[i];
    hft_status status = hft_table_finish(own->events, error);
    if (status == HFT_OK) status = hft_table_finish(own->trades, error);
    if (status == HFT_OK) status = hft_table_finish(own->snapshots, error);
    if (status != HFT_OK) return status;
  }
  return HFT_OK;
}

hft_status hft_recorder_commit(hft_recorder *recorder, int64_t *bytes, hft_error *error) {
  HFT_CHECK(recorder->file >= 0);
  hft_status status = recorder_status(recorder, error);
  if (status == HFT_OK) status = finish_tables(recorder, error);
  if (status != HFT_OK) return status;
  if (H5Fflush(recorder->file, H5F_SCOPE_GLOBAL) < 0) {
    return hft_h5_fail(error, recorder->part.path, "the file");
  }
  close_tables(recorder);
  hid_t file = recorder->file;
  recorder->file = -1;
  if (H5Fclose(file) < 0) return hft_h5_fail(error, recorder->part.path, "the file");
  status = hft_part_commit(&recorder->part, error);
  struct stat found;
  if (status == HFT_OK && bytes != NULL) {
    *bytes = stat(recorder->part.path, &found) == 0 ? (int64_t)found.st_size : 0;
  }
  return status;
}

void hft_recorder_free(hft_recorder *recorder) {
  if (recorder == NULL) return;
  close_tables(recorder);
  if (recorder->file >= 0) H5Fclose(recorder->file);
  hft_part_abandon(&recorder->part);
  free(recorder);
}
