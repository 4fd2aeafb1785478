// Training files: what is read, what is refused, with the place of the mistake, and that the
// effective text reads back as itself.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/mappo.h"
#include "agents/tensorboard.h"
#include "agents/training.h"
#include "catalog/catalog.h"
#include "tests/support/check.h"

static hft_training *create(void) {
  hft_training *training;
  hft_error error = {0};
  assert_int_equal(hft_training_create(&training, &error), HFT_OK);
  return training;
}

static hft_status merge(hft_training *training, const char *text, hft_error *error) {
  return hft_training_merge(training, text, strlen(text), "t.yaml", error);
}

static const char good[] =
    "training:\n"
    "  config: execution\n"
    "  task: a, b\n"
    "  algorithm: ippo\n"
    "  steps: 1000\n"
    "network:\n"
    "  hidden: [16]\n"
    "ippo:\n"
    "  gamma: 0.5\n"
    "overrides:\n"
    "  - {kind: override, key: reward_config.baseline, value: fundamental}\n"
    "baselines:\n"
    "  - {kind: strategy, name: twap, task: b, params: {style: passive}}\n";

static void a_file_is_read(void **unused) {
  (void)unused;
  hft_training *t = create();
  hft_error error = {0};
  assert_int_equal(merge(t, good, &error), HFT_OK);
  assert_int_equal(hft_training_check(t, "t.yaml", &error), HFT_OK);
  assert_string_equal(hft_training_values(t)->config.text, "execution");
  assert_int_equal(hft_training_values(t)->steps, 1000);
  assert_ptr_equal(hft_training_algorithm(t), hft_algorithm_find("ippo"));
  const hft_mappo_keys *keys = hft_training_algorithm_keys(t);
  assert_true(keys->gamma == 0.5);
  assert_true(hft_training_network(t)->hidden.value[0] == 16);
  char name[HFT_TRAINING_TASKS_MAX][HFT_TRAINING_TASK_SIZE];
  assert_int_equal(hft_training_tasks(t, name), 2);
  assert_string_equal(name[0], "a");
  assert_string_equal(name[1], "b");
  assert_int_equal(hft_training_baseline_count(t), 1);
  assert_string_equal(hft_training_baseline_at(t, 0)->params.text, "{style: passive}");
  hft_training_free(t);
}

typedef struct mistake {
  const char *text, *where, *what;
} mistake;

static void mistakes_name_their_place(void **unused) {
  (void)unused;
  static const mistake table[] = {
      {"training: {stps: 3}\n", "t.yaml:1", "did you mean 'steps'"},
      {"mapo: {gamma: 1}\n", "t.yaml:1", "did you mean 'mappo'"},
      {"mappo:\n  gama: 1\n", "t.yaml:2", "did you mean 'gamma'"},
      {"mappo:\n  gamma: 1.5\n", "t.yaml:2", "gamma"},
      {"mappo:\n  gamma: .nan\n", "t.yaml:2", "gamma"},
      {"training: {seed: 1000000000}\n", "t.yaml:1", "seed"},
      {"training: {seed: -1}\n", "t.yaml:1", "seed"},
      {"training: {algorithm: ppo}\n", "t.yaml", "did you mean 'ippo'"},
      {"training: {algorithm: zzzzzzzzz}\n", "t.yaml", "choose one of mappo, ippo"},
      {"training: {task: 'a,,b'}\n", "t.yaml", "empty"},
      {"training: {task: 'a, a'}\n", "t.yaml", "twice"},
      {"training: {task: 'a,b,c,d,e'}\n", "t.yaml", "more than 4"},
      {"overrides:\n  - {kind: override, value: x}\n", "t.yaml:2", "is not set"},
      {"overrides:\n  - {key: a.b, value: x}\n", "t.yaml:2", "kind"},
      {"baselines:\n  - {kind: strategy}\n", "t.yaml:2", "is not set"},
      {"baselines:\n  - {kind: strategy, name: glft, task: c}\n", "t.yaml:2", "training.task"},
      {"network: {activation: sine}\n", "t.yaml:1", "tanh"},
      {"network: {hidden: []}\n", "t.yaml:1", "hidden"},
      {"network:\n  hidden: [0]\n", "t.yaml:2", "hidden"},
      {"training: [\n", "t.yaml", ""},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    hft_training *t = create();
    hft_error error = {0};
    hft_status status = merge(t, table[i].text, &error);
    if (status == HFT_OK) status = hft_training_check(t, "t.yaml", &error);
    if (status != HFT_ECONFIG || strstr(error.where, table[i].where) == NULL ||
        (strstr(error.text, table[i].what) == NULL && strstr(error.where, table[i].what) == NULL)) {
      fail_msg("%s gives %d at %s: %s", table[i].text, status, error.where, error.text);
    }
    hft_training_free(t);
  }
}

static void what_is_printed_reads_back(void **unused) {
  (void)unused;
  for (int comments = 0; comments < 2; comments++) {
    hft_training *t = create(), *again = create();
    hft_error error = {0};
    assert_int_equal(merge(t, good, &error), HFT_OK);
    char *text = hft_training_print(t, comments != 0);
    assert_null(strstr(text, "mappo:"));
    assert_non_null(strstr(text, "ippo:"));
    if (merge(again, text, &error) != HFT_OK) fail_msg("%s: %s", error.where, error.text);
    char *second = hft_training_print(again, comments != 0);
    assert_string_equal(text, second);
    assert_int_equal(hft_training_same(t, again, "run", &error), HFT_OK);
    free(text);
    free(second);
    hft_training_free(t);
    hft_training_free(again);
  }
}

static void some_keys_may_change(void **unused) {
  (void)unused;
  static const struct {
    const char *set;
    bool may;
  } table[] = {
      {"training.steps=7", true},          {"training.seconds=7", true},
      {"training.threads=7", true},        {"training.patience=7", true},
      {"training.seed=7", false},          {"training.num_envs=7", false},
      {"training.rollout_steps=7", false}, {"training.evaluate_every=7", false},
      {"training.algorithm=mappo", false}, {"network.gru=7", false},
      {"ippo.gamma=0.7", false},           {"mappo.gamma=0.7", true},
      {"overrides.0.value=twin", false},   {"baselines.0.name=vwap", false},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    hft_training *t = create(), *other;
    hft_error error = {0};
    assert_int_equal(merge(t, good, &error), HFT_OK);
    assert_int_equal(hft_training_copy(t, &other, &error), HFT_OK);
    assert_true(hft_training_owns(table[i].set));
    assert_int_equal(hft_training_set(other, table[i].set, &error), HFT_OK);
    hft_status status = hft_training_same(t, other, "run", &error);
    if (status != (table[i].may ? HFT_OK : HFT_ECONFIG)) fail_msg("%s: %d", table[i].set, status);
    hft_training_free(t);
    hft_training_free(other);
  }
}

static void files_are_told_from_configs(void **unused) {
  (void)unused;
  static const struct {
    const char *text;
    bool is;
  } table[] = {
      {"training: {}\n", true},
      {"mappo: {gamma: 1}\n", true},
      {"network: {}\n", true},
      {"seats: []\n", false},
      {"", false},
      {"- a\n", false},
      {"market_config: {", false},
      {"overrides: []\n", true},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    if (hft_training_is_file(table[i].text, strlen(table[i].text)) != table[i].is) {
      fail_msg("%s", table[i].text);
    }
  }
  assert_true(hft_training_owns("mappo.gamma=1"));
  assert_false(hft_training_owns("market_config.volatility=1"));
  assert_false(hft_training_owns("seats.0.quote_qty=1"));
}

// The recipes that are built in: each is read, names a preset, and its overrides fit it.
static void the_recipes_are_whole(void **unused) {
  (void)unused;
  static hft_catalog catalog;
  hft_catalog_init(&catalog);
  assert_true(hft_training_file_count >= 8);
  for (int i = 0; i < hft_training_file_count; i++) {
    const hft_preset *file = &hft_training_files[i];
    hft_training *t = create();
    hft_error error = {0};
    hft_config *config, *changed;
    hft_status status = hft_training_merge(t, file->text, file->length, file->name, &error);
    if (status == HFT_OK) status = hft_training_check(t, file->name, &error);
    if (status != HFT_OK) fail_msg("%s: %s", error.where, error.text);
    assert_string_equal(hft_training_values(t)->config.text, file->name);
    assert_non_null(hft_preset_find(file->name));
    assert_int_equal(hft_catalog_config(&catalog, &config, &error), HFT_OK);
    assert_int_equal(hft_catalog_merge(config, file->name, &error), HFT_OK);
    status = hft_training_config(t, config, &changed, &error);
    if (status != HFT_OK) fail_msg("%s: %s: %s", file->name, error.where, error.text);
    hft_config_free(changed);
    hft_config_free(config);
    hft_training_free(t);
  }
}

static void a_wrong_override_names_its_item(void **unused) {
  (void)unused;
  static hft_catalog catalog;
  hft_catalog_init(&catalog);
  hft_training *t = create();
  hft_error error = {0};
  hft_config *config, *changed;
  assert_int_equal(merge(t,
                         "overrides:\n"
                         "  - {kind: override, key: reward_config.baseline, value: hold}\n"
                         "  - {kind: override, key: reward_config.baselin, value: hold}\n",
                         &error),
                   HFT_OK);
  assert_int_equal(hft_catalog_config(&catalog, &config, &error), HFT_OK);
  assert_int_equal(hft_training_config(t, config, &changed, &error), HFT_ECONFIG);
  assert_string_equal(error.where, "t.yaml:3: overrides[1].key");
  assert_non_null(strstr(error.text, "did you mean 'baseline'"));
  hft_config_free(config);
  hft_training_free(t);
}

// The check value of the catalogue of CRCs, and RFC 3720, B.4.
static void crc32c_has_known_values(void **unused) {
  (void)unused;
  unsigned char zeros[32] = {0}, ones[32], rising[32];
  memset(ones, 0xff, sizeof ones);
  for (int i = 0; i < 32; i++) rising[i] = (unsigned char)i;
  assert_int_equal(hft_crc32c("123456789", 9), 0xe3069283U);
  assert_int_equal(hft_crc32c(zeros, sizeof zeros), 0x8a9136aaU);
  assert_int_equal(hft_crc32c(ones, sizeof ones), 0x62a8ab43U);
  assert_int_equal(hft_crc32c(rising, sizeof rising), 0x46dd794eU);
  assert_int_equal(hft_crc32c("", 0), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_file_is_read),
      cmocka_unit_test(mistakes_name_their_place),
      cmocka_unit_test(what_is_printed_reads_back),
      cmocka_unit_test(some_keys_may_change),
      cmocka_unit_test(files_are_told_from_configs),
      cmocka_unit_test(the_recipes_are_whole),
      cmocka_unit_test(a_wrong_override_names_its_item),
      cmocka_unit_test(crc32c_has_known_values),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
