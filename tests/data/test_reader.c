// The reader against a reading by the HDF5 library alone, and with files that are truncated,
// damaged or foreign.
#include "data/dataset/reader.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "data/dataset/generate.h"
#include "sim/base/dist.h"
#include "tests/data/dataset.h"
#include "tests/data/world.h"
#include "tests/support/check.h"
#include "tests/support/files.h"

static const char *make_file(const char *folder, int seconds) {
  const char *path = path_in(folder, "a.h5");
  hft_model *model = world_model(4);
  const hft_recording recording = {.path = path,
                                   .force = true,
                                   .day = "2026-01-02",
                                   .config = "market_config: {}\n",
                                   .seed = 77,
                                   .levels = 5,
                                   .snapshot_ns = 50 * HFT_MILLISECOND,
                                   .duration_ns = seconds * HFT_SECOND};
  hft_generate_summary summary;
  hft_error error = {0};
  if (hft_generate(&recording, model, NULL, &summary, &error) != HFT_OK) fail_msg("%s", error.text);
  hft_model_free(model);
  return path;
}

// ---- whole files -----------------------------------------------------------------------------

// Reads a table in pieces of `step` rows and holds it against the structs read by HDF5 alone.
static void check_table(hft_reader *reader, hft_reader_table table, const void *rows, size_t count,
                        size_t size, size_t step) {
  assert_int_equal(hft_reader_rows(reader, table), count);
  char *piece = malloc(step * size);
  assert_non_null(piece);
  for (size_t first = 0; first < count; first += step) {
    size_t taken = count - first < step ? count - first : step;
    hft_error error = {0};
    if (hft_reader_read(reader, table, (int64_t)first, taken, piece, &error) != HFT_OK) {
      fail_msg("%s: %s", error.where, error.text);
    }
    assert_memory_equal(piece, (const char *)rows + first * size, taken * size);
  }
  free(piece);
}

static void every_row_is_read(void **state) {
  const char *path = make_file(*state, 300);
  dataset_rows rows = dataset_open(path);
  const char *const sessions[] = {NULL, "TEST/2026-01-02", "/TEST/2026-01-02"};
  const size_t steps[] = {16384, 1000, 40001};
  assert_true(rows.event_count > 2 * hft_events_schema.chunk_rows);
  for (int i = 0; i < 3; i++) {
    hft_reader *reader;
    assert_int_equal(hft_reader_open(path, sessions[i], &reader, NULL), HFT_OK);
    check_table(reader, HFT_READER_EVENTS, rows.events, rows.event_count, sizeof *rows.events,
                steps[i]);
    check_table(reader, HFT_READER_TRADES, rows.trades, rows.trade_count, sizeof *rows.trades,
                steps[i]);
    check_table(reader, HFT_READER_SNAPSHOTS, rows.snapshots, rows.snapshot_count,
                sizeof *rows.snapshots, steps[i]);
    hft_reader_close(reader);
  }
  dataset_close(&rows);
}

static void the_file_says_what_it_is(void **state) {
  hft_reader *reader;
  assert_int_equal(hft_reader_open(make_file(*state, 1), NULL, &reader, NULL), HFT_OK);
  const hft_reader_info *info = hft_reader_info_of(reader);
  assert_string_equal(info->symbol, "TEST");
  assert_string_equal(info->day, "2026-01-02");
  assert_near(info->tick_size, 0.01, 1e-15);
  assert_int_equal(info->duration, HFT_SECOND);
  assert_int_equal(info->snapshot_ns, 50 * HFT_MILLISECOND);
  assert_int_equal(info->levels, 5);
  assert_int_equal(info->seed, 77);
  hft_reader_close(reader);
}

// ---- refusals --------------------------------------------------------------------------------

static void refused(const char *path, const char *session, hft_status status, const char *words) {
  hft_reader *reader;
  hft_error error = {0};
  assert_int_equal(hft_reader_open(path, session, &reader, &error), status);
  assert_null(reader);
  assert_string_equal(error.where, path);
  if (strstr(error.text, words) == NULL) fail_msg("'%s' lacks '%s'", error.text, words);
}

static void what_is_not_there_is_named(void **state) {
  const char *path = make_file(*state, 1);
  refused(path_in(*state, "none.h5"), NULL, HFT_EIO, strerror(ENOENT));
  refused(*state, NULL, HFT_EIO, "not a regular file");
  refused(path, "TEST/2026-01-03", HFT_EDATA, "2026-01-03");
  refused(path, "OTHER/2026-01-02", HFT_EDATA, "OTHER");
  const char *const unnamed[] = {"", "/", "TEST", "TEST/", "/2026-01-02", "TEST/2026-01-02/events"};
  for (int i = 0; i < 6; i++) refused(path, unnamed[i], HFT_EDATA, "SYMA/2026-01-02");
}

static void foreign_files_are_told(void **state) {
  const char *path = path_in(*state, "a.h5");
  write_text(path, "");
  refused(path, NULL, HFT_EDATA, "not a complete HDF5 file");
  write_text(path, "34200.004241176,1,16113575,18,5853300,1\n");
  refused(path, NULL, HFT_EDATA, "not a complete HDF5 file");
  hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  assert_true(file >= 0 && H5Fclose(file) >= 0);
  refused(path, NULL, HFT_EDATA, "schema_version");
}

// Opens a whole file for a change.
static hid_t open_to_change(const char *folder) {
  hid_t file = H5Fopen(make_file(folder, 1), H5F_ACC_RDWR, H5P_DEFAULT);
  assert_true(file >= 0);
  return file;
}

static void set_number(hid_t object, const char *name, int64_t value) {
  hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
  assert_true(attribute >= 0 && H5Awrite(attribute, H5T_NATIVE_INT64, &value) >= 0);
  H5Aclose(attribute);
}

static void other_schemas_are_told(void **state) {
  const char *path = path_in(*state, "a.h5");
  hid_t file = open_to_change(*state);
  set_number(file, "schema_version", HFT_SCHEMA_VERSION + 1);
  H5Fclose(file);
  refused(path, NULL, HFT_EDATA, "schema_version");
  file = open_to_change(*state);
  H5Ldelete(file, "TEST/2026-01-02/trades/price", H5P_DEFAULT);
  H5Fclose(file);
  refused(path, NULL, HFT_EDATA, "trades/price");
  file = open_to_change(*state);
  H5Ldelete(file, "TEST/2026-01-02/snapshots", H5P_DEFAULT);
  H5Fclose(file);
  refused(path, NULL, HFT_EDATA, "snapshots");
  // A column of another type, and one with more rows than the others.
  file = open_to_change(*state);
  H5Ldelete(file, "TEST/2026-01-02/events/price", H5P_DEFAULT);
  H5Lcreate_hard(file, "TEST/2026-01-02/events/time", file, "TEST/2026-01-02/events/price",
                 H5P_DEFAULT, H5P_DEFAULT);
  H5Fclose(file);
  refused(path, NULL, HFT_EDATA, "events/price");
  file = open_to_change(*state);
  H5Ldelete(file, "TEST/2026-01-02/events/qty", H5P_DEFAULT);
  H5Lcreate_hard(file, "TEST/2026-01-02/trades/qty", file, "TEST/2026-01-02/events/qty",
                 H5P_DEFAULT, H5P_DEFAULT);
  H5Fclose(file);
  refused(path, NULL, HFT_EDATA, "events/qty");
  hid_t day = H5Gopen2(file = open_to_change(*state), "TEST/2026-01-02", H5P_DEFAULT);
  set_number(day, "levels", 6);
  H5Gclose(day);
  H5Fclose(file);
  refused(path, NULL, HFT_EDATA, "snapshots/bid_price");
}

static void one_of_several_sessions_must_be_named(void **state) {
  hid_t file = open_to_change(*state);
  H5Lcreate_hard(file, "TEST/2026-01-02", file, "TEST/2026-01-05", H5P_DEFAULT, H5P_DEFAULT);
  H5Fclose(file);
  const char *path = path_in(*state, "a.h5");
  refused(path, NULL, HFT_EDATA, "2 instruments or sessions");
  hft_reader *reader;
  assert_int_equal(hft_reader_open(path, "TEST/2026-01-05", &reader, NULL), HFT_OK);
  assert_string_equal(hft_reader_info_of(reader)->day, "2026-01-05");
  hft_reader_close(reader);
}

// ---- damage ----------------------------------------------------------------------------------

// Opens a file and reads all of it: OK, or the first refusal.
static hft_status read_all(const char *path, hft_error *error) {
  hft_reader *reader;
  hft_status status = hft_reader_open(path, NULL, &reader, error);
  if (status != HFT_OK) return status;
  const size_t sizes[] = {sizeof(hft_event_row), sizeof(hft_trade_row), sizeof(hft_snapshot_row)};
  for (int t = 0; t < HFT_READER_TABLES && status == HFT_OK; t++) {
    int64_t rows = hft_reader_rows(reader, (hft_reader_table)t);
    enum { PIECE = 4096 };
    void *piece = malloc(PIECE * sizes[t]);
    for (int64_t first = 0; first < rows && status == HFT_OK && first < 100000; first += PIECE) {
      size_t count = (size_t)(rows - first < PIECE ? rows - first : PIECE);
      status = hft_reader_read(reader, (hft_reader_table)t, first, count, piece, error);
    }
    free(piece);
  }
  hft_reader_close(reader);
  return status;
}

static void write_bytes(const char *path, const char *bytes, size_t size) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, size, file), size);
  assert_int_equal(fclose(file), 0);
}

// What the child found, as its exit code; HDF5 keeps what it could not close after a fault, which a
// leak checker would hold against the test.
enum { CHILD_READ = 0, CHILD_REFUSED = 1, CHILD_BAD_WORDS = 2 };

static int in_a_child(const char *path) {
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    signal(SIGSEGV, SIG_DFL);  // or cmocka's handler would run on in the child
    signal(SIGABRT, SIG_DFL);
    hft_error error = {0};
    hft_status status = read_all(path, &error);
    if (status == HFT_OK) _exit(CHILD_READ);
    bool told = (status == HFT_EDATA || status == HFT_EIO) && strcmp(error.where, path) == 0 &&
                strlen(error.text) > 10;
    _exit(told ? CHILD_REFUSED : CHILD_BAD_WORDS);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  if (!WIFEXITED(status)) fail_msg("ended by signal %d", WTERMSIG(status));
  return WEXITSTATUS(status);
}

static void files_cut_off_are_refused(void **state) {
  size_t size;
  char *bytes = read_bytes(make_file(*state, 20), &size);
  const char *path = path_in(*state, "cut.h5");
  hft_rng rng = hft_rng_stream(5, 0, 0);
  for (int i = 0; i < 100; i++) {
    size_t kept = i == 0 ? size - 1 : hft_bounded(&rng, (uint32_t)size);
    write_bytes(path, bytes, kept);
    assert_int_equal(in_a_child(path), CHILD_REFUSED);
  }
  free(bytes);
}

// One to sixteen bytes are changed, half of the time among the first 20,000, where HDF5 keeps what
// the file consists of.
static void damaged_files_are_survived(void **state) {
  size_t size;
  char *bytes = read_bytes(make_file(*state, 20), &size);
  char *changed = malloc(size);
  assert_non_null(changed);
  const char *path = path_in(*state, "bad.h5");
  hft_rng rng = hft_rng_stream(6, 0, 0);
  int refusals = 0;
  for (int i = 0; i < 300; i++) {
    memcpy(changed, bytes, size);
    uint32_t bound = i % 2 == 0 || size < 20000 ? (uint32_t)size : 20000;
    for (uint32_t k = 1 + hft_bounded(&rng, 16); k > 0; k--) {
      changed[hft_bounded(&rng, bound)] = (char)hft_bounded(&rng, 256);
    }
    write_bytes(path, changed, size);
    int found = in_a_child(path);
    assert_int_not_equal(found, CHILD_BAD_WORDS);
    refusals += found == CHILD_REFUSED;
  }
  // A change in bytes that nobody reads, such as gaps, may pass.
  assert_in_range(refusals, 260, 300);
  free(changed);
  free(bytes);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
  const struct CMUnitTest tests[] = {
      IN_FOLDER(every_row_is_read),          IN_FOLDER(the_file_says_what_it_is),
      IN_FOLDER(what_is_not_there_is_named), IN_FOLDER(foreign_files_are_told),
      IN_FOLDER(other_schemas_are_told),     IN_FOLDER(one_of_several_sessions_must_be_named),
      IN_FOLDER(files_cut_off_are_refused),  IN_FOLDER(damaged_files_are_survived),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
