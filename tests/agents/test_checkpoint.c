// Checkpoints: what is written is read back to the bit, equal specs give equal bytes, and a file
// that is truncated, damaged, foreign or that lies about its sizes is refused by an error that
// names it.
#include <fcntl.h>
#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agents/checkpoint.h"
#include "tests/agents/checkpoints.h"
#include "tests/support/check.h"
#include "tests/support/files.h"

// Memory of HDF5's own is left at exit, most of it by headers in which it found damage. That we
// have closed all that we opened is checked after each test instead.
// NOLINTNEXTLINE(bugprone-reserved-identifier): the name that LeakSanitizer calls
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
// NOLINTNEXTLINE(bugprone-reserved-identifier)
const char *__lsan_default_suppressions(void) {
  return "leak:libhdf5";
}

#define CONFIG                                                                        \
  "market_config: {window_ticks: 1024, duration_s: 12, decision_ms: 500}\n"           \
  "env_config: {warmup_s: 6, episode_len: 12, action_space: %s, action_choices: 5}\n" \
  "seats: [{kind: maker, count: 2}, {kind: taker}]\n"

static hft_env_model *model_of(const char *space) {
  char yaml[1000];
  snprintf(yaml, sizeof yaml, CONFIG, space);
  hft_env_model *model;
  hft_error error = {0};
  if (checkpoints_make(yaml, NULL, &model, &error) != HFT_OK) {
    fail_msg("%s: %s", error.where, error.text);
  }
  return model;
}

static hft_checkpoint *open_good(const char *path) {
  hft_checkpoint *checkpoint;
  hft_error error = {0};
  if (hft_checkpoint_open(path, &checkpoint, &error) != HFT_OK) {
    fail_msg("%s: %s", error.where, error.text);
  }
  return checkpoint;
}

static void expect_refused(const char *path, hft_status status, const char *words) {
  hft_checkpoint *checkpoint;
  hft_error error = {0};
  hft_status found = hft_checkpoint_open(path, &checkpoint, &error);
  if (found != status || strstr(error.text, words) == NULL || strstr(error.where, path) == NULL) {
    fail_msg("expected '%s', found %d: %s: %s", words, found, error.where, error.text);
  }
  assert_null(checkpoint);
}

// ---- round trips -------------------------------------------------------------------------------

static void compare_actors(const hft_actor *a, const hft_actor *b) {
  assert_string_equal(a->role, b->role);
  assert_int_equal(a->space, b->space);
  assert_int_equal(a->obs_dim, b->obs_dim);
  assert_int_equal(a->axis_count, b->axis_count);
  assert_int_equal(a->axis_names, b->axis_names);
  assert_memory_equal(a->obs_name, b->obs_name, (size_t)a->obs_dim * HFT_NAME_SIZE);
  assert_memory_equal(a->axis_name, b->axis_name, (size_t)a->axis_names * HFT_NAME_SIZE);
  const hft_net_def *one = hft_net_definition(a->net), *other = hft_net_definition(b->net);
  assert_int_equal(one->hidden_count, other->hidden_count);
  assert_int_equal(one->hidden[0], other->hidden[0]);
  assert_int_equal(one->gru, other->gru);
  assert_int_equal(one->activation, other->activation);
  assert_int_equal(one->layer_norm, other->layer_norm);
  assert_true(one->output_gain == other->output_gain);
  const hft_head_def *head = hft_head_definition(a->head), *its = hft_head_definition(b->head);
  assert_int_equal(head->density, its->density);
  assert_true(head->deviation == its->deviation);
  for (int i = 0; i < head->axis_count; i++) {
    assert_int_equal(head->choice_count[i], its->choice_count[i]);
  }
  size_t params = (size_t)hft_net_param_count(a->net) + (size_t)hft_head_param_count(a->head);
  assert_memory_equal(a->params, b->params, params * sizeof(float));
  assert_memory_equal(a->shift, b->shift, (size_t)a->obs_dim * sizeof(float));
  assert_memory_equal(a->factor, b->factor, (size_t)a->obs_dim * sizeof(float));
}

static void test_actors_come_back(void **context) {
  static const char *const spaces[] = {"box", "multi_discrete", "discrete", "mixed"};
  static const checkpoint_kind kinds[] = {
      {.hidden = 16, .seed = 1},
      {.hidden = 0, .seed = 2, .density = HFT_DENSITY_SQUASHED, .each = true},
      {.hidden = 7, .gru = 5, .layer_norm = true, .seed = 3, .density = HFT_DENSITY_BETA}};
  const char *path = path_in(*context, "a.h5");
  for (int s = 0; s < 4; s++) {
    hft_env_model *model = model_of(spaces[s]);
    const hft_env_spec *spec = hft_env_model_spec(model);
    for (int k = 0; k < 3; k++) {
      checkpoints_write(path, spec, &kinds[k], "a: 1\n");
      hft_checkpoint *c = open_good(path);
      const hft_checkpoint_spec *read = hft_checkpoint_read(c);
      assert_string_equal(read->algorithm, "mappo");
      assert_string_equal(read->config, "a: 1\n");
      assert_string_equal(read->training, "algorithm: mappo\n");
      assert_int_equal(read->steps, 1000);
      assert_int_equal(read->actor_count, kinds[k].each ? 3 : 2);
      for (int g = 0; g < spec->group_count; g++) {
        const hft_group *group = &spec->group[g];
        for (int seat = 0; seat < group->seat_count; seat++) {
          const hft_actor *found = hft_checkpoint_actor_of(c, group->role_name, seat);
          assert_non_null(found);
          uint64_t seed = kinds[k].each ? (uint64_t)seat : 0;
          hft_actor *expected = checkpoints_actor(spec, group, &kinds[k], seed);
          compare_actors(expected, found);
          hft_actor_free(expected);
        }
      }
      assert_null(hft_checkpoint_actor_of(c, "executor", 0));
      hft_checkpoint_close(c);
    }
    hft_env_model_free(model);
  }
}

static void test_equal_specs_give_equal_bytes(void **context) {
  const checkpoint_kind kind = {.hidden = 16, .seed = 1};
  hft_env_model *model = model_of("box");
  size_t size[2];
  char *bytes[2];
  for (int i = 0; i < 2; i++) {
    const char *path = path_in(*context, i == 0 ? "a.h5" : "b.h5");
    checkpoints_write(path, hft_env_model_spec(model), &kind, "");
    if (i == 1) {  // replaced, and in a later second
      sleep(1);
      checkpoints_write(path, hft_env_model_spec(model), &kind, "");
    }
    bytes[i] = read_bytes(path, &size[i]);
  }
  assert_int_equal(size[0], size[1]);
  assert_memory_equal(bytes[0], bytes[1], size[0]);
  assert_int_equal(count_files(*context), 2);
  free(bytes[0]);
  free(bytes[1]);
  hft_env_model_free(model);
}

// ---- tensors -----------------------------------------------------------------------------------

#define BIG 3000000

typedef struct state {
  float f32[6];
  double f64[2];
  int64_t i64[1];
  uint64_t u64[3];
  uint8_t *u8;
} state;

static int list(state *s, hft_tensor *tensor) {
  const hft_tensor all[] = {
      {"maker/actor/params", HFT_TENSOR_F32, 2, {2, 3}, s->f32},
      {"maker/scale", HFT_TENSOR_F64, 1, {2}, s->f64},
      {"updates", HFT_TENSOR_I64, 0, {0}, s->i64},
      {"rng", HFT_TENSOR_U64, 3, {1, 3, 1}, s->u64},
      {"blocks/0", HFT_TENSOR_U8, 1, {BIG}, s->u8},
      {"none", HFT_TENSOR_U8, 1, {0}, NULL},
  };
  memcpy(tensor, all, sizeof all);
  return sizeof all / sizeof all[0];
}

static void write_tensors(const char *path, const hft_tensor *tensor, int count) {
  const hft_checkpoint_actor none[1] = {{0}};
  hft_env_model *model = model_of("box");
  const hft_env_spec *env = hft_env_model_spec(model);
  const checkpoint_kind kind = {.hidden = 4, .seed = 1};
  hft_actor *actor = checkpoints_actor(env, &env->group[0], &kind, 0);
  hft_checkpoint_actor one = none[0];
  one.actor = actor;
  one.seat = -1;
  const hft_checkpoint_spec spec = {.algorithm = "mappo",
                                    .config = "",
                                    .training = "",
                                    .actor_count = 1,
                                    .actor = &one,
                                    .tensor_count = count,
                                    .tensor = tensor};
  hft_error error = {0};
  if (hft_checkpoint_write(path, &spec, &error) != HFT_OK) fail_msg("%s", error.text);
  hft_actor_free(actor);
  hft_env_model_free(model);
}

static void test_tensors_come_back(void **context) {
  const char *path = path_in(*context, "a.h5");
  state in = {{1, -2, 3, NAN, INFINITY, 6}, {0.1, -0.2}, {INT64_MIN}, {1, UINT64_MAX, 3}, NULL};
  state out = {.u8 = calloc(1, BIG)};
  in.u8 = malloc(BIG);
  for (int i = 0; i < BIG; i++) in.u8[i] = (uint8_t)((uint32_t)i * (uint32_t)i >> 7);
  hft_tensor tensor[8];
  int count = list(&in, tensor);
  write_tensors(path, tensor, count);
  hft_checkpoint *c = open_good(path);
  assert_int_equal(list(&out, tensor), count);
  hft_error error = {0};
  if (hft_checkpoint_load(c, tensor, count, &error) != HFT_OK) fail_msg("%s", error.text);
  assert_memory_equal(in.f32, out.f32, sizeof in.f32);
  assert_memory_equal(in.f64, out.f64, sizeof in.f64);
  assert_memory_equal(in.i64, out.i64, sizeof in.i64);
  assert_memory_equal(in.u64, out.u64, sizeof in.u64);
  assert_memory_equal(in.u8, out.u8, BIG);
  // Of another type, shape, number of dimensions or name: refused before anything is read.
  const hft_tensor others[] = {{"maker/scale", HFT_TENSOR_I64, 1, {2}, out.f64},
                               {"maker/scale", HFT_TENSOR_F64, 1, {3}, out.f64},
                               {"maker/scale", HFT_TENSOR_F64, 2, {2, 1}, out.f64},
                               {"maker", HFT_TENSOR_F64, 1, {2}, out.f64},
                               {"maker/scales", HFT_TENSOR_F64, 1, {2}, out.f64},
                               {"taker/scale", HFT_TENSOR_F64, 1, {2}, out.f64},
                               {"/updates", HFT_TENSOR_I64, 0, {0}, out.i64},
                               {"", HFT_TENSOR_F64, 1, {2}, out.f64}};
  out.i64[0] = 4;
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    tensor[count] = others[i];
    tensor[0] = (hft_tensor){"updates", HFT_TENSOR_I64, 0, {0}, out.i64};
    assert_int_equal(hft_checkpoint_load(c, tensor, count + 1, &error), HFT_EDATA);
    if (strstr(error.text, others[i].name) == NULL) fail_msg("%s", error.text);
    assert_int_equal(out.i64[0], 4);
  }
  hft_checkpoint_close(c);
  free(in.u8);
  free(out.u8);
}

// ---- damage ------------------------------------------------------------------------------------

static void write_bytes(const char *path, const char *bytes, size_t size) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, size, file), size);
  fclose(file);
}

static void write_good(const char *path) {
  const checkpoint_kind kind = {.hidden = 3, .seed = 1};
  hft_env_model *model = model_of("box");
  checkpoints_write(path, hft_env_model_spec(model), &kind, "a: 1\n");
  hft_env_model_free(model);
}

static void test_truncated_files_are_refused(void **context) {
  const char *good = path_in(*context, "a.h5"), *bad = path_in(*context, "b.h5");
  write_good(good);
  size_t size;
  char *bytes = read_bytes(good, &size);
  for (size_t length = 0; length < size; length += length < 200 ? 1 : 97) {
    write_bytes(bad, bytes, length);
    expect_refused(bad, HFT_EDATA, "");
  }
  write_bytes(bad, bytes, size - 1);
  expect_refused(bad, HFT_EDATA, "");
  free(bytes);
}

// A flipped bit is found, or it is where nothing is read: then the checkpoint is as it was.
static void test_flipped_bits_are_found(void **context) {
  const char *good = path_in(*context, "a.h5"), *bad = path_in(*context, "b.h5");
  write_good(good);
  size_t size;
  char *bytes = read_bytes(good, &size);
  hft_checkpoint *expected = open_good(good);
  int refused = 0, same = 0;
  for (size_t at = 0; at < size; at += at < 600 ? 1 : 23) {
    char kept = bytes[at];
    bytes[at] = (char)(kept ^ (1 << at % 8));
    write_bytes(bad, bytes, size);
    bytes[at] = kept;
    hft_checkpoint *c;
    hft_error error = {0};
    if (hft_checkpoint_open(bad, &c, &error) != HFT_OK) {
      assert_int_equal(error.status, HFT_EDATA);
      refused++;
      continue;
    }
    same++;
    const hft_checkpoint_spec *one = hft_checkpoint_read(expected), *other = hft_checkpoint_read(c);
    assert_int_equal(one->actor_count, other->actor_count);
    assert_string_equal(one->config, other->config);
    for (int k = 0; k < one->actor_count; k++) {
      compare_actors(one->actor[k].actor, other->actor[k].actor);
    }
    hft_checkpoint_close(c);
  }
  assert_true(refused > same / 10);
  hft_checkpoint_close(expected);
  free(bytes);
}

static void set_attribute(hid_t object, const char *name, int64_t value) {
  hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
  assert_true(attribute >= 0 && H5Awrite(attribute, H5T_NATIVE_INT64, &value) >= 0);
  H5Aclose(attribute);
}

static void replace(hid_t parent, const char *name, hid_t type, int dims, const hsize_t *dim,
                    hsize_t chunk, const void *data) {
  H5Ldelete(parent, name, H5P_DEFAULT);
  hid_t list = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(dims, dim, NULL);
  const hsize_t chunks[2] = {chunk, chunk};
  H5Pset_chunk(list, dims, chunks);
  hid_t made = H5Dcreate2(parent, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
  assert_true(made >= 0);
  if (data != NULL) H5Dwrite(made, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
  H5Dclose(made);
  H5Sclose(space);
  H5Pclose(list);
}

// What a hostile writer does to a good file.
enum {
  LATER_SCHEMA,
  NO_ACTORS,
  NO_WEIGHT,
  LONG_HIDDEN,
  WIDE_HIDDEN,
  MANY_NAMES,
  HUGE_TEXT,
  NAN_WEIGHT,
  NAN_FACTOR,
  SOFT_LINK,
  EXTERNAL_LINK,
  FAR_SEAT,
  HOSTILE_COUNT
};
static const char *const hostile_words[HOSTILE_COUNT] = {
    "schema 2", "group actors", "the network", "hidden",      "hidden", "observation",
    "config",   "not finite",   "not finite",  "the network", "shift",  "an actor"};

static void damage(hid_t file, int what) {
  hid_t actor = H5Gopen2(file, "actors/0", H5P_DEFAULT);
  const hsize_t big[2] = {1 << 20, 1 << 20}, nine[1] = {9}, one[1] = {1};
  int64_t wide[9] = {1 << 20};
  hid_t name = H5Tcopy(H5T_C_S1);
  float weights[64];
  for (int i = 0; i < 64; i++) weights[i] = NAN;
  H5Tset_size(name, HFT_NAME_SIZE);
  H5Tset_cset(name, H5T_CSET_UTF8);
  if (what == LATER_SCHEMA) set_attribute(file, "schema", 2);
  if (what == NO_ACTORS) H5Ldelete(file, "actors", H5P_DEFAULT);
  if (what == NO_WEIGHT) H5Ldelete(actor, "net/hidden0.weight", H5P_DEFAULT);
  if (what == LONG_HIDDEN) replace(actor, "hidden", H5T_STD_I64LE, 1, nine, 9, wide);
  if (what == WIDE_HIDDEN) replace(actor, "hidden", H5T_STD_I64LE, 1, one, 1, wide);
  if (what == MANY_NAMES) replace(actor, "observation", name, 1, big, 1000, NULL);
  if (what == HUGE_TEXT) replace(file, "config", H5T_STD_U8LE, 1, big, 1000, NULL);
  if (what == FAR_SEAT) set_attribute(actor, "seat", 256);
  if (what == NAN_WEIGHT || what == NAN_FACTOR) {
    const char *array = what == NAN_WEIGHT ? "net/hidden0.bias" : "factor";
    hid_t dataset = H5Dopen2(actor, array, H5P_DEFAULT);
    H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, weights);
    H5Dclose(dataset);
  }
  if (what == SOFT_LINK) {
    H5Ldelete(actor, "net/hidden0.bias", H5P_DEFAULT);
    H5Lcreate_soft("/actors/0/shift", actor, "net/hidden0.bias", H5P_DEFAULT, H5P_DEFAULT);
  }
  if (what == EXTERNAL_LINK) {
    H5Ldelete(actor, "shift", H5P_DEFAULT);
    H5Lcreate_external("a.h5", "/actors/0/shift", actor, "shift", H5P_DEFAULT, H5P_DEFAULT);
  }
  H5Tclose(name);
  H5Gclose(actor);
}

static void test_hostile_files_are_refused(void **context) {
  const char *bad = path_in(*context, "b.h5");
  for (int what = 0; what < HOSTILE_COUNT; what++) {
    write_good(bad);
    hid_t file = H5Fopen(bad, H5F_ACC_RDWR, H5P_DEFAULT);
    assert_true(file >= 0);
    damage(file, what);
    H5Fclose(file);
    expect_refused(bad, HFT_EDATA, hostile_words[what]);
  }
}

static void test_other_files_are_refused(void **context) {
  const char *folder = *context, *path = path_in(folder, "a.h5");
  expect_refused(path, HFT_EIO, "No such file");
  expect_refused(folder, HFT_EIO, "not a regular file");
  write_text(path, "");
  expect_refused(path, HFT_EDATA, "not a checkpoint");
  write_text(path, "seats: []\n");
  expect_refused(path, HFT_EDATA, "not a checkpoint");
  // Of the old format, whose metadata have no checksums; and an HDF5 file that is no checkpoint.
  for (int later = 0; later < 2; later++) {
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (later) H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
    H5Fclose(H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access));
    H5Pclose(access);
    expect_refused(path, HFT_EDATA, later ? "no checkpoint" : "not a checkpoint");
  }
}

static void test_weights_that_are_not_finite_are_not_written(void **context) {
  const char *path = path_in(*context, "a.h5");
  hft_env_model *model = model_of("box");
  const hft_env_spec *env = hft_env_model_spec(model);
  const checkpoint_kind kind = {.hidden = 4, .seed = 1};
  hft_actor *actor = checkpoints_actor(env, &env->group[0], &kind, 0);
  const hft_checkpoint_actor one = {actor, -1};
  const hft_checkpoint_spec spec = {
      .algorithm = "mappo", .config = "", .training = "", .actor_count = 1, .actor = &one};
  float *const numbers[] = {&actor->params[0], &actor->shift[1], &actor->factor[0]};
  for (int i = 0; i < 3; i++) {
    float kept = *numbers[i];
    *numbers[i] = i == 1 ? INFINITY : NAN;
    hft_error error = {0};
    assert_int_equal(hft_checkpoint_write(path, &spec, &error), HFT_EINVAL);
    assert_non_null(strstr(error.text, "diverged"));
    assert_false(file_exists(path));
    *numbers[i] = kept;
  }
  assert_int_equal(hft_checkpoint_write("/nonexistent/a.h5", &spec, NULL), HFT_EIO);
  hft_actor_free(actor);
  hft_env_model_free(model);
}

static int nothing_is_open(void **folder) {
  assert_int_equal(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
  return folder_teardown(folder);
}

int main(void) {
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, nothing_is_open)
  const struct CMUnitTest tests[] = {
      IN_FOLDER(test_actors_come_back),
      IN_FOLDER(test_equal_specs_give_equal_bytes),
      IN_FOLDER(test_tensors_come_back),
      IN_FOLDER(test_truncated_files_are_refused),
      IN_FOLDER(test_flipped_bits_are_found),
      IN_FOLDER(test_hostile_files_are_refused),
      IN_FOLDER(test_other_files_are_refused),
      IN_FOLDER(test_weights_that_are_not_finite_are_not_written),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
