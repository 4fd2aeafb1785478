// Datasets: the content of a file and its metadata.
#include <hdf5_hl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/base/version.h"
#include "tests/data/recording.h"
#include "tests/data/world.h"
#include "tests/support/check.h"
#include "tests/support/files.h"

// ---- what the file holds ---------------------------------------------------------------------

static void events_give_the_trades_and_the_snapshots(void **state) {
  for (uint64_t seed = 0; seed < 3; seed++) {
    hft_model *model = world_model(5);
    hft_recording recording = recording_of(path_in(*state, "a.h5"), seed, 120);
    recording.force = true;
    hft_generate_summary summary = recording_generate(&recording, model);
    dataset_rows data = dataset_open(recording.path);
    assert_int_equal(data.event_count, summary.rows.events);
    assert_int_equal(data.trade_count, summary.rows.trades);
    assert_int_equal(data.snapshot_count, summary.rows.snapshots);
    assert_int_equal(data.snapshot_count, 120 * 20 + 1);
    recording_check(&data);
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
  recording_generate(&recording, model);
  dataset_rows data = dataset_open(recording.path);
  recording_check(&data);
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
  recording_generate(&often, model);
  recording_generate(&seldom, model);
  dataset_rows a = dataset_open(often.path), b = dataset_open(seldom.path);
  recording_check(&a);
  recording_check(&b);
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
  recording_generate(&recording, model);
  dataset_rows data = dataset_open(recording.path);
  assert_int_equal(data.event_count, 0);
  assert_int_equal(data.trade_count, 0);
  assert_int_equal(data.snapshot_count, 21);
  recording_check(&data);
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
    hft_generate_summary summary = recording_generate(&recording, model);
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
  recording_generate(&recording, model);
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
  recording_generate(&recording, model);
  hid_t file = H5Fopen(recording.path, H5F_ACC_RDONLY, H5P_DEFAULT);
  check_text(file, "config", RECORDING_CONFIG);
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
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
