// Datasets: what a file holds, held against an independent replay of its own events; what it says
// of itself; and that it is there whole or not at all.
#include <hdf5_hl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "data/generate.h"
#include "sim/base/version.h"
#include "tests/data/check.h"
#include "tests/data/dataset.h"
#include "tests/data/naive.h"
#include "tests/data/world.h"

#define CONFIG "market_config:\n  symbol: \"TEST\"  # \xc3\xb8\n"

static hft_recording recording_of(const char *path, uint64_t seed, int duration_s) {
  return (hft_recording){.path = path,
                         .day = "2026-01-02",
                         .config = CONFIG,
                         .seed = seed,
                         .levels = 5,
                         .snapshot_ns = 50 * HFT_MILLISECOND,
                         .duration_ns = duration_s * HFT_SECOND};
}

static hft_generate_summary generate(const hft_recording *recording, const hft_model *model) {
  hft_generate_summary summary;
  hft_error error = {0};
  hft_status status = hft_generate(recording, model, NULL, &summary, &error);
  if (status != HFT_OK) fail_msg("%s: %s", error.where, error.text);
  return summary;
}

// ---- what the file holds ---------------------------------------------------------------------

static void check_trade(const hft_trade_row *trade, const hft_event_row *event) {
  assert_true(trade->time == event->time && trade->sequence == event->sequence);
  assert_int_equal(trade->price, event->price);
  assert_int_equal(trade->qty, event->qty);
  bool auction = event->reason == HFT_REASON_AUCTION;
  assert_int_equal(trade->aggressor, auction ? HFT_AGGRESSOR_NONE : 1 - event->side);
  assert_int_equal(trade->maker_order, event->order);
  assert_int_equal(trade->taker_order, event->taker);
  assert_int_equal(trade->maker_owner, event->owner);
  assert_int_equal(trade->taker_owner, event->taker_owner);
}

static void check_side(const hft_level *level, int levels, const int32_t *price, const int32_t *qty,
                       const int32_t *count) {
  for (int i = 0; i < levels; i++) {
    assert_int_equal(price[i], level[i].price);
    assert_int_equal(qty[i], level[i].qty);
    assert_int_equal(count[i], level[i].order_count);
  }
}

static void check_snapshot(const hft_snapshot_row *row, const naive_book *book, int levels) {
  hft_level bid[HFT_SNAPSHOT_LEVELS_MAX], ask[HFT_SNAPSHOT_LEVELS_MAX];
  naive_levels(book, HFT_BID, bid, levels);
  naive_levels(book, HFT_ASK, ask, levels);
  check_side(bid, levels, row->bid_price, row->bid_qty, row->bid_count);
  check_side(ask, levels, row->ask_price, row->ask_qty, row->ask_count);
  bool both = bid[0].price != 0 && ask[0].price != 0;
  assert_int_equal(row->spread, both ? ask[0].price - bid[0].price : 0);
  if (both) assert_true(2 * row->mid == bid[0].price + ask[0].price);
  assert_true(row->mid > 0 && row->fundamental > 0);
}

// Replays all events on the naive book; trades and snapshots must follow from them.
static void check_dataset(const dataset_rows *data) {
  static naive_book book;
  book.count = 0;
  book.call = false;
  size_t trade = 0, event = 0;
  for (size_t i = 0; i <= data->snapshot_count; i++) {
    const hft_snapshot_row *row = i < data->snapshot_count ? &data->snapshots[i] : NULL;
    for (; event < data->event_count; event++) {
      const hft_event_row *e = &data->events[event];
      if (row != NULL && e->sequence > row->sequence) break;
      assert_true(e->sequence == event + 1);
      assert_true(event == 0 || e->time >= data->events[event - 1].time);
      const char *fault = naive_apply(&book, e);
      if (fault != NULL) fail_msg("event %zu: %s", event, fault);
      if (e->kind == HFT_EVENT_TRADE) {
        assert_true(trade < data->trade_count);
        check_trade(&data->trades[trade++], e);
      }
    }
    if (row == NULL) break;
    // The snapshot stands between the last event up to its time and the first one after it.
    assert_true(event == 0 || data->events[event - 1].time <= row->time);
    assert_true(event == data->event_count || data->events[event].time > row->time);
    check_snapshot(row, &book, data->levels);
  }
  assert_int_equal(event, data->event_count);
  assert_int_equal(trade, data->trade_count);
}

static void events_give_the_trades_and_the_snapshots(void **state) {
  for (uint64_t seed = 0; seed < 3; seed++) {
    hft_model *model = world_model(5);
    hft_recording recording = recording_of(path_in(*state, "a.h5"), seed, 120);
    recording.force = true;
    hft_generate_summary summary = generate(&recording, model);
    dataset_rows data = dataset_open(recording.path);
    assert_int_equal(data.event_count, summary.rows.events);
    assert_int_equal(data.trade_count, summary.rows.trades);
    assert_int_equal(data.snapshot_count, summary.rows.snapshots);
    assert_int_equal(data.snapshot_count, 120 * 20 + 1);
    check_dataset(&data);
    // The market was such that this means something: several chunks, and all kinds of events.
    size_t kinds[8] = {0};
    for (size_t i = 0; i < data.event_count; i++) kinds[data.events[i].kind]++;
    for (int kind = HFT_EVENT_ADD; kind <= HFT_EVENT_REJECT; kind++) assert_true(kinds[kind] > 50);
    assert_true(data.event_count > hft_events_schema.chunk_rows);
    assert_true(data.snapshot_count > hft_snapshots_schema.chunk_rows);
    dataset_close(&data);
    hft_model_free(model);
  }
}

// Through calls, too: their orders cross until an auction has traded them.
static void events_give_the_auctions(void **state) {
  hft_model *model = world_model_under(
      5, "opening_auction_s: 20, halt_band_bps: 4, halt_s: 3, halt_reference_s: 10");
  hft_recording recording = recording_of(path_in(*state, "a.h5"), 3, 120);
  generate(&recording, model);
  dataset_rows data = dataset_open(recording.path);
  check_dataset(&data);
  size_t phases = 0, auctions = 0, imbalances = 0;
  for (size_t i = 0; i < data.event_count; i++) {
    phases += data.events[i].kind == HFT_EVENT_PHASE;
    imbalances += data.events[i].kind == HFT_EVENT_IMBALANCE;
    auctions += data.events[i].reason == HFT_REASON_AUCTION;
  }
  assert_true(phases > 10 && auctions > 50 && imbalances > phases);
  dataset_close(&data);
  hft_model_free(model);
}

static void snapshots_do_not_change_the_market(void **state) {
  hft_model *model = world_model(3);
  hft_recording often = recording_of(path_in(*state, "often.h5"), 5, 30);
  hft_recording seldom = recording_of(path_in(*state, "seldom.h5"), 5, 30);
  often.snapshot_ns = 7 * HFT_MILLISECOND;
  often.levels = 1;
  seldom.snapshot_ns = 11 * HFT_SECOND;
  seldom.levels = HFT_SNAPSHOT_LEVELS_MAX;
  generate(&often, model);
  generate(&seldom, model);
  dataset_rows a = dataset_open(often.path), b = dataset_open(seldom.path);
  check_dataset(&a);
  check_dataset(&b);
  assert_int_equal(a.event_count, b.event_count);
  assert_memory_equal(a.events, b.events, a.event_count * sizeof *a.events);
  // The grid begins at 0, and ends with the last point that the duration holds.
  assert_int_equal(a.snapshot_count, 30000 / 7 + 1);
  assert_int_equal(b.snapshot_count, 3);
  assert_true(b.snapshots[0].time == 0 && b.snapshots[2].time == 22 * HFT_SECOND);
  assert_true(b.events[b.event_count - 1].time > 29 * HFT_SECOND);
  dataset_close(&a);
  dataset_close(&b);
  hft_model_free(model);
}

static void a_market_without_events_is_a_dataset(void **state) {
  hft_model *model = world_model(0);
  hft_recording recording = recording_of(path_in(*state, "a.h5"), 1, 1);
  generate(&recording, model);
  dataset_rows data = dataset_open(recording.path);
  assert_int_equal(data.event_count, 0);
  assert_int_equal(data.trade_count, 0);
  assert_int_equal(data.snapshot_count, 21);
  check_dataset(&data);
  dataset_close(&data);
  hft_model_free(model);
}

static void the_same_seed_gives_the_same_bytes(void **state) {
  hft_model *model = world_model(4);
  const char *names[] = {"a.h5", "b.h5", "c.h5"};
  char *bytes[3];
  size_t size[3];
  for (int i = 0; i < 3; i++) {
    hft_recording recording = recording_of(path_in(*state, names[i]), i < 2 ? 9 : 10, 20);
    hft_generate_summary summary = generate(&recording, model);
    bytes[i] = read_bytes(recording.path, &size[i]);
    assert_int_equal(summary.bytes, size[i]);
    // Times of objects, if there were any, would have seconds.
    if (i == 0) nanosleep(&(struct timespec){1, 100000000}, NULL);
  }
  assert_int_equal(size[0], size[1]);
  assert_memory_equal(bytes[0], bytes[1], size[0]);
  assert_false(size[0] == size[2] && memcmp(bytes[0], bytes[2], size[0]) == 0);
  for (int i = 0; i < 3; i++) free(bytes[i]);
  hft_model_free(model);
}

// ---- what the file says of itself ------------------------------------------------------------

static void check_text(hid_t object, const char *name, const char *expected) {
  char *text = attribute_text(object, name);
  assert_string_equal(text, expected);
  free(text);
}

static void check_enum(hid_t type, hft_column_kind kind) {
  const hft_enum_name *names = hft_column_enum(kind);
  assert_int_equal(H5Tget_class(type), names != NULL            ? H5T_ENUM
                                       : kind == HFT_COLUMN_F64 ? H5T_FLOAT
                                                                : H5T_INTEGER);
  for (int i = 0; names != NULL && names[i].name != NULL; i++) {
    uint8_t value;
    assert_true(H5Tenum_valueof(type, names[i].name, &value) >= 0);
    assert_int_equal(value, names[i].value);
  }
}

static void check_column(hid_t group, const hft_column *column, bool is_scale) {
  hid_t set = H5Dopen2(group, column->name, H5P_DEFAULT);
  assert_true(set >= 0);
  check_text(set, "units", column->unit);
  check_text(set, "description", column->help);
  hid_t type = H5Dget_type(set);
  assert_true(H5Tget_class(type) == H5T_ENUM || H5Tget_order(type) == H5T_ORDER_LE);
  check_enum(type, column->kind);
  hid_t list = H5Dget_create_plist(set);
  assert_int_equal(H5Pget_layout(list), H5D_CHUNKED);
  assert_int_equal(H5Pget_nfilters(list), 2);
  unsigned flags;
  assert_true(H5Pget_filter_by_id2(list, H5Z_FILTER_SHUFFLE, &flags, NULL, NULL, 0, NULL, NULL) >=
              0);
  assert_true(H5Pget_filter_by_id2(list, H5Z_FILTER_DEFLATE, &flags, NULL, NULL, 0, NULL, NULL) >=
              0);
  assert_int_equal(H5DSis_scale(set), is_scale);
  if (!is_scale) assert_int_equal(H5DSget_num_scales(set, 0), 1);
  if (column->kind == HFT_COLUMN_LEVELS) assert_int_equal(H5DSget_num_scales(set, 1), 1);
  H5O_info_t info;
  assert_true(H5Oget_info2(set, &info, H5O_INFO_TIME) >= 0);
  assert_true(info.ctime == 0 && info.mtime == 0);
  H5Pclose(list);
  H5Tclose(type);
  H5Dclose(set);
}

static void every_column_is_described(void **state) {
  hft_model *model = world_model(2);
  hft_recording recording = recording_of(path_in(*state, "a.h5"), 1, 5);
  generate(&recording, model);
  hid_t file = H5Fopen(recording.path, H5F_ACC_RDONLY, H5P_DEFAULT);
  assert_true(file >= 0);
  const hft_table_schema *schemas[] = {&hft_events_schema, &hft_trades_schema,
                                       &hft_snapshots_schema};
  for (int t = 0; t < 3; t++) {
    char path[64];
    snprintf(path, sizeof path, "/TEST/2026-01-02/%s", schemas[t]->name);
    hid_t group = H5Gopen2(file, path, H5P_DEFAULT);
    assert_true(group >= 0);
    check_text(group, "description", schemas[t]->help);
    for (int i = 0; i < schemas[t]->column_count; i++) {
      check_column(group, &schemas[t]->columns[i], i == 0);
    }
    H5Gclose(group);
  }
  H5Fclose(file);
  hft_model_free(model);
}

static void the_file_says_what_it_is(void **state) {
  hft_model *model = world_model(3);
  hft_recording recording = recording_of(path_in(*state, "a.h5"), UINT64_MAX, 5);
  generate(&recording, model);
  hid_t file = H5Fopen(recording.path, H5F_ACC_RDONLY, H5P_DEFAULT);
  check_text(file, "config", CONFIG);
  check_text(file, "hftsim_version", hft_version);
  check_text(file, "git_revision", hft_revision);
  assert_int_equal(attribute_int(file, "schema_version"), HFT_SCHEMA_VERSION);
  hid_t attribute = H5Aopen(file, "seed", H5P_DEFAULT);
  uint64_t seed;
  assert_true(H5Aread(attribute, H5T_NATIVE_UINT64, &seed) >= 0);
  assert_true(seed == UINT64_MAX);
  H5Aclose(attribute);
  hid_t symbol = H5Gopen2(file, "/TEST", H5P_DEFAULT);
  attribute = H5Aopen(symbol, "tick_size", H5P_DEFAULT);
  double tick_size;
  assert_true(H5Aread(attribute, H5T_NATIVE_DOUBLE, &tick_size) >= 0);
  assert_true(tick_size == 0.01);
  H5Aclose(attribute);
  H5Gclose(symbol);
  hid_t day = H5Gopen2(file, "/TEST/2026-01-02", H5P_DEFAULT);
  assert_true(attribute_int(day, "duration") == 5 * HFT_SECOND);
  assert_true(attribute_int(day, "snapshot_interval") == 50 * HFT_MILLISECOND);
  hid_t names = H5Dopen2(day, "participants", H5P_DEFAULT);
  hid_t type = H5Dget_type(names);
  assert_int_equal(H5Tget_size(type), strlen("trader"));
  char text[3 * 6];
  assert_true(H5Dread(names, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text) >= 0);
  assert_memory_equal(text, "tradertradertrader", sizeof text);
  H5Tclose(type);
  H5Dclose(names);
  H5Gclose(day);
  H5Fclose(file);
  hft_model_free(model);
}

// ---- whole or not at all ---------------------------------------------------------------------

static void expect_refusal(const hft_recording *recording, const hft_model *model,
                           hft_status status, const char *words) {
  hft_generate_summary summary;
  hft_error error = {0};
  assert_int_equal(hft_generate(recording, model, NULL, &summary, &error), status);
  if (strstr(error.text, words) == NULL) fail_msg("%s: %s", error.where, error.text);
}

static void an_existing_file_is_kept(void **state) {
  hft_model *model = world_model(1);
  hft_recording recording = recording_of(path_in(*state, "a.h5"), 1, 1);
  write_text(recording.path, "precious");
  expect_refusal(&recording, model, HFT_EIO, "exists already");
  size_t size;
  char *bytes = read_bytes(recording.path, &size);
  assert_int_equal(size, strlen("precious"));
  free(bytes);
  assert_int_equal(count_files(*state), 1);
  recording.force = true;
  generate(&recording, model);
  dataset_rows data = dataset_open(recording.path);
  dataset_close(&data);
  assert_int_equal(count_files(*state), 1);
  hft_model_free(model);
}

static void what_cannot_be_written_is_told_at_once(void **state) {
  hft_model *model = world_model(1);
  write_text(path_in(*state, "file"), "");
  hft_recording recording = recording_of(path_in(*state, "none/a.h5"), 1, 1);
  expect_refusal(&recording, model, HFT_EIO, "No such file or directory");
  recording.path = path_in(*state, "file/a.h5");
  expect_refusal(&recording, model, HFT_EIO, "Not a directory");
  recording.path = *state;
  expect_refusal(&recording, model, HFT_EIO, "not a file");
  recording.path = "/dev/null";
  recording.force = true;
  expect_refusal(&recording, model, HFT_EIO, "not a file");
  assert_int_equal(count_files(*state), 1);
  hft_model_free(model);
}

static void what_makes_no_sense_is_refused(void **state) {
  hft_model *model = world_model(1);
  const hft_recording good = recording_of(path_in(*state, "a.h5"), 1, 1);
  hft_recording bad = good;
  bad.levels = 0;
  expect_refusal(&bad, model, HFT_EINVAL, "1 to 100");
  bad.levels = HFT_SNAPSHOT_LEVELS_MAX + 1;
  expect_refusal(&bad, model, HFT_EINVAL, "1 to 100");
  bad = good;
  bad.snapshot_ns = 0;
  expect_refusal(&bad, model, HFT_EINVAL, "above 0");
  bad = good;
  bad.duration_ns = 3600 * HFT_SECOND + 1;
  expect_refusal(&bad, model, HFT_EINVAL, "market_config.duration_s");
  bad = good;
  bad.day = "2026-02-29";
  expect_refusal(&bad, model, HFT_EINVAL, "no date");
  hft_model_free(model);
  hft_error error = {0};
  model = world_model_named("A/B", &error);
  if (model != NULL) {  // the market need not mind what HDF5 does
    expect_refusal(&good, model, HFT_ECONFIG, "cannot name a group");
    hft_model_free(model);
  }
  assert_int_equal(count_files(*state), 0);
}

static void days_are_of_the_calendar(void **unused) {
  (void)unused;
  const char *days[] = {"2026-01-02", "2024-02-29", "2000-02-29", "1999-12-31", "0001-01-01"};
  for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) assert_true(hft_is_day(days[i]));
  const char *others[] = {"",           "2026",       "2026-1-2",    "2026-13-01",
                          "2026-00-10", "2026-01-00", "2026-04-31",  "2025-02-29",
                          "1900-02-29", "2026/01/02", "2026-01-02x", "x026-01-02",
                          "2026-01-3"};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    assert_false(hft_is_day(others[i]));
  }
}

static bool stop_halfway(void *context, double done) {
  double *last = context;
  assert_true(done >= *last && done <= 1);
  *last = done;
  return done < 0.5;
}

static void a_stopped_run_leaves_nothing(void **state) {
  hft_model *model = world_model(2);
  hft_recording recording = recording_of(path_in(*state, "a.h5"), 1, 20);
  double last = 0;
  const hft_generate_watch watch = {stop_halfway, &last};
  hft_generate_summary summary;
  hft_error error = {0};
  assert_int_equal(hft_generate(&recording, model, &watch, &summary, &error), HFT_EINTR);
  assert_true(last == 0.5);
  assert_int_equal(count_files(*state), 0);
  hft_model_free(model);
}

static bool see_part(void *context, double done) {
  (void)done;
  assert_true(file_exists(path_in(context, "a.h5.part")));
  assert_false(file_exists(path_in(context, "a.h5")));
  return true;
}

static void the_name_comes_last(void **state) {
  hft_model *model = world_model(2);
  hft_recording recording = recording_of(path_in(*state, "a.h5"), 1, 5);
  const hft_generate_watch watch = {see_part, *state};
  hft_generate_summary summary;
  assert_int_equal(hft_generate(&recording, model, &watch, &summary, NULL), HFT_OK);
  assert_true(file_exists(recording.path));
  assert_int_equal(count_files(*state), 1);
  hft_model_free(model);
}

static bool die_halfway(void *context, double done) {
  (void)context;
  if (done >= 0.5) raise(SIGKILL);
  return true;
}

static void a_killed_run_leaves_no_file_of_that_name(void **state) {
  hft_model *model = world_model(2);
  hft_recording recording = recording_of(path_in(*state, "a.h5"), 1, 5);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    const hft_generate_watch watch = {die_halfway, NULL};
    hft_generate_summary summary;
    hft_generate(&recording, model, &watch, &summary, NULL);
    _exit(0);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  assert_false(file_exists(recording.path));
  assert_true(file_exists(path_in(*state, "a.h5.part")));
  // What it left is not in the way of the next run.
  generate(&recording, model);
  assert_int_equal(count_files(*state), 1);
  hft_model_free(model);
}

static bool try_second(void *context, double done) {
  (void)done;
  const hft_recording *recording = context;
  hft_model *model = world_model(1);
  expect_refusal(recording, model, HFT_EIO, "another run");
  hft_model_free(model);
  return true;
}

static void two_runs_do_not_share_a_file(void **state) {
  hft_model *model = world_model(2);
  hft_recording recording = recording_of(path_in(*state, "a.h5"), 1, 3);
  const hft_generate_watch watch = {try_second, &recording};
  hft_generate_summary summary;
  assert_int_equal(hft_generate(&recording, model, &watch, &summary, NULL), HFT_OK);
  dataset_rows data = dataset_open(recording.path);
  check_dataset(&data);
  dataset_close(&data);
  hft_model_free(model);
}

// Runs in a process of its own: what HDF5 cannot close after a failure it does not free either,
// which a leak checker would hold against the test. Returns the step that went wrong, or 0.
static int fill_disk(const hft_recording *recording, const hft_model *model, int64_t whole) {
  struct rlimit before, limit;
  if (getrlimit(RLIMIT_FSIZE, &before) != 0) return 1;
  limit = before;
  signal(SIGXFSZ, SIG_IGN);
  hft_generate_summary summary;
  const double parts[] = {0, 0.001, 0.3, 0.7, 0.95, 0.999};
  for (int i = 0; i < 6; i++) {
    hft_error error = {0};
    limit.rlim_cur = (rlim_t)(parts[i] * (double)whole);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
    hft_status status = hft_generate(recording, model, NULL, &summary, &error);
    if (setrlimit(RLIMIT_FSIZE, &before) != 0) return 3;
    if (status != HFT_EIO || strstr(error.text, "File too large") == NULL) return 10 + i;
    if (file_exists(recording->path)) return 20 + i;
  }
  // A later run of the same process is not harmed.
  return hft_generate(recording, model, NULL, &summary, NULL) == HFT_OK ? 0 : 4;
}

static void a_full_disk_is_told_and_leaves_nothing(void **state) {
  hft_model *model = world_model(5);
  hft_recording recording = recording_of(path_in(*state, "a.h5"), 1, 120);
  int64_t whole = generate(&recording, model).bytes;
  unlink(recording.path);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) _exit(fill_disk(&recording, model, whole));
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
  assert_int_equal(count_files(*state), 1);
  dataset_rows data = dataset_open(recording.path);
  check_dataset(&data);
  dataset_close(&data);
  hft_model_free(model);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
  const struct CMUnitTest tests[] = {
      IN_FOLDER(events_give_the_trades_and_the_snapshots),
      IN_FOLDER(events_give_the_auctions),
      IN_FOLDER(snapshots_do_not_change_the_market),
      IN_FOLDER(a_market_without_events_is_a_dataset),
      IN_FOLDER(the_same_seed_gives_the_same_bytes),
      IN_FOLDER(every_column_is_described),
      IN_FOLDER(the_file_says_what_it_is),
      IN_FOLDER(an_existing_file_is_kept),
      IN_FOLDER(what_cannot_be_written_is_told_at_once),
      IN_FOLDER(what_makes_no_sense_is_refused),
      cmocka_unit_test(days_are_of_the_calendar),
      IN_FOLDER(a_stopped_run_leaves_nothing),
      IN_FOLDER(the_name_comes_last),
      IN_FOLDER(a_killed_run_leaves_no_file_of_that_name),
      IN_FOLDER(two_runs_do_not_share_a_file),
      IN_FOLDER(a_full_disk_is_told_and_leaves_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
