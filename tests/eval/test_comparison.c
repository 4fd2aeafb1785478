// Comparisons of made-up values: the ranking, the pairs against the functions of stats/, missing
// values, groups and notes.
#include "eval/comparison.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/dist.h"
#include "tests/support/check.h"

enum { EPISODES = 60, MOST = HFT_COMPARISON_MAX };

typedef struct world {
  double value[MOST][EPISODES];
  const double *column[MOST];
  const char *name[MOST];
  hft_comparison_spec spec;
  hft_comparison found;
} world;

// Contestant k has the mean k times `step` beside noise in common and noise of its own.
static world *make(int contestants, double step, double own) {
  world *w = calloc(1, sizeof *w);
  assert_non_null(w);
  hft_rng rng = hft_rng_stream(1, 0, 0);
  for (int i = 0; i < EPISODES; i++) {
    double common = 10 * hft_normal(&rng);
    for (int k = 0; k < contestants; k++) {
      w->value[k][i] = common + step * k + own * hft_normal(&rng);
    }
  }
  static const char *const names[] = {"one", "two", "three", "four", "five"};
  for (int k = 0; k < contestants; k++) {
    w->column[k] = w->value[k];
    w->name[k] = names[k % 5];
  }
  w->spec = (hft_comparison_spec){contestants, EPISODES,     w->name, w->column, +1,
                                  0.05,        HFT_PAIRED_T, 7,       false};
  return w;
}

static void compare(world *w) {
  assert_int_equal(hft_compare(&w->spec, &w->found), HFT_OK);
}

static bool noted(const world *w, const char *words) {
  for (int i = 0; i < w->found.notes; i++) {
    if (strstr(w->found.note[i], words) != NULL) return true;
  }
  return false;
}

// The best first, whichever direction is better.
static void ranking(void **unused) {
  (void)unused;
  world *w = make(5, 1, 0.5);
  for (int direction = -1; direction <= 1; direction++) {
    w->spec.direction = direction;
    compare(w);
    assert_int_equal(w->found.contestants, 5);
    assert_int_equal(w->found.pairs, 10);
    for (int i = 0; i < 5; i++) {
      const hft_comparison_rank *rank = &w->found.rank[i];
      assert_int_equal(rank->contestant, direction < 0 ? i : 4 - i);
      hft_moments moments = {0};
      for (int e = 0; e < EPISODES; e++) hft_moments_add(&moments, w->value[rank->contestant][e]);
      assert_true(rank->mean == moments.mean && rank->sd == hft_moments_sd(&moments));
      assert_int_equal(rank->episodes, EPISODES);
      assert_true(rank->interval.low < rank->mean && rank->mean < rank->interval.high);
      const char letter[] = {(char)('a' + i), '\0'};
      assert_string_equal(rank->group, letter);
    }
  }
  free(w);
}

// Each number of a pair by the functions of stats/, for each test.
static void pairs(void **unused) {
  (void)unused;
  world *w = make(4, 0.2, 1);
  for (int test = HFT_PAIRED_T; test <= HFT_PAIRED_PERMUTATION; test++) {
    w->spec.test = (hft_paired_test)test;
    compare(w);
    double p[6], adjusted[6];
    int index = 0;
    for (int i = 0; i < 4; i++) {
      for (int j = i + 1; j < 4; j++, index++) {
        const hft_comparison_pair *pair = &w->found.pair[index];
        assert_int_equal(pair->a, w->found.rank[i].contestant);
        assert_int_equal(pair->b, w->found.rank[j].contestant);
        double difference[EPISODES];
        hft_moments of[3] = {{0}, {0}, {0}};
        for (int e = 0; e < EPISODES; e++) {
          difference[e] = w->value[pair->a][e] - w->value[pair->b][e];
          hft_moments_add(&of[0], difference[e]);
          hft_moments_add(&of[1], w->value[pair->a][e]);
          hft_moments_add(&of[2], w->value[pair->b][e]);
        }
        assert_near(pair->difference, w->found.rank[i].mean - w->found.rank[j].mean, 1e-12);
        assert_true(pair->difference >= 0);
        assert_true(pair->interval.low < pair->difference);
        assert_true(pair->difference < pair->interval.high);
        hft_effect effect;
        assert_int_equal(hft_paired_effect(difference, EPISODES, &effect), HFT_OK);
        assert_true(pair->effect.g == effect.g && pair->effect.rank == effect.rank);
        double d = of[0].mean / hft_moments_sd(&of[0]);
        assert_true(pair->needed == hft_paired_needed(d, 0.05 / 6, 0.8));
        assert_near(pair->variance_left, of[0].square_sum / (of[1].square_sum + of[2].square_sum),
                    1e-12);
        p[index] = pair->p;
        hft_rng rng = hft_rng_stream(1, 1, 1);
        double again;
        assert_int_equal(hft_paired_p(w->spec.test, difference, EPISODES, &rng, &again), HFT_OK);
        // Other signs are drawn for the permutations.
        assert_near(pair->p, again, test == HFT_PAIRED_PERMUTATION ? 0.03 : 0);
      }
    }
    assert_int_equal(hft_holm(p, 6, adjusted), HFT_OK);
    for (int k = 0; k < 6; k++) assert_true(w->found.pair[k].p_adjusted == adjusted[k]);
  }
  free(w);
}

// Groups: a letter in common where the adjusted p-value is not below alpha.
static void groups(void **unused) {
  (void)unused;
  for (int k = 0; k < 30; k++) {
    world *w = make(5, 0.05 * k, 2);
    compare(w);
    int index = 0;
    for (int i = 0; i < 5; i++) {
      for (int j = i + 1; j < 5; j++, index++) {
        bool shared = strpbrk(w->found.rank[i].group, w->found.rank[j].group) != NULL;
        assert_true(shared == !(w->found.pair[index].p_adjusted < 0.05));
      }
    }
    free(w);
  }
}

// The same values twice: no difference, p = 1, the order of the spec.
static void the_same_twice(void **unused) {
  (void)unused;
  world *w = make(3, 0, 1);
  memcpy(w->value[2], w->value[0], sizeof w->value[0]);
  for (int test = HFT_PAIRED_T; test <= HFT_PAIRED_PERMUTATION; test++) {
    w->spec.test = (hft_paired_test)test;
    compare(w);
    bool seen = false;
    for (int i = 0; i < 3; i++) {
      const hft_comparison_pair *pair = &w->found.pair[i];
      if (pair->a != 0 || pair->b != 2) continue;
      seen = true;
      assert_true(pair->difference == 0 && pair->p == 1 && pair->p_adjusted == 1);
      assert_true(pair->interval.low == 0 && pair->interval.high == 0);
      assert_true(pair->effect.g == 0 && pair->effect.rank == 0 && isinf(pair->needed));
      assert_true(pair->variance_left == 0);
    }
    assert_true(seen);
  }
  free(w);
}

// Pairs are of the episodes that both have; what is missing is counted and noted.
static void missing_values(void **unused) {
  (void)unused;
  world *w = make(3, 1, 0.1);
  for (int i = 0; i < 20; i++) w->value[0][i] = NAN;
  for (int i = 10; i < 40; i++) w->value[1][i] = NAN;
  compare(w);
  static const size_t of_one[] = {EPISODES - 20, EPISODES - 30, EPISODES};
  for (int i = 0; i < 3; i++) {
    int contestant = w->found.rank[i].contestant;
    assert_int_equal(w->found.rank[i].episodes, of_one[contestant]);
  }
  for (int i = 0; i < 3; i++) {
    const hft_comparison_pair *pair = &w->found.pair[i];
    size_t both = 0;
    double sum = 0;
    for (int e = 0; e < EPISODES; e++) {
      double difference = w->value[pair->a][e] - w->value[pair->b][e];
      if (isnan(difference)) continue;
      both++;
      sum += difference;
    }
    assert_int_equal(pair->episodes, both);
    assert_near(pair->difference, sum / (double)both, 1e-12);
    assert_true(pair->p < 1e-10 && pair->interval.low < pair->difference);
  }
  assert_true(noted(w, "without a value: two in 30, one in 20 of 60 episodes") ||
              noted(w, "without a value: one in 20, two in 30 of 60 episodes"));
  // Of a contestant without any value there is nothing to tell; it comes last.
  for (int i = 0; i < EPISODES; i++) w->value[1][i] = NAN;
  compare(w);
  assert_int_equal(w->found.rank[2].contestant, 1);
  assert_true(isnan(w->found.rank[2].mean) && isnan(w->found.rank[2].interval.low));
  assert_int_equal(w->found.pair[1].episodes, 0);
  assert_true(isnan(w->found.pair[1].p) && isnan(w->found.pair[1].p_adjusted));
  assert_true(isnan(w->found.pair[1].difference) && isnan(w->found.pair[1].needed));
  // Holm counts the one test that there is.
  assert_true(w->found.pair[0].p_adjusted == w->found.pair[0].p);
  assert_string_equal(w->found.rank[2].group, "ab");
  free(w);
}

static void few_episodes(void **unused) {
  (void)unused;
  world *w = make(3, 0.2, 1);
  for (int e = 1; e <= 8; e++) {
    w->spec.episodes = (size_t)e;
    for (int test = HFT_PAIRED_T; test <= HFT_PAIRED_PERMUTATION; test++) {
      w->spec.test = (hft_paired_test)test;
      compare(w);
      assert_true(noted(w, "too few episodes: the mean"));
      // 2^(1 - e) times three pairs is below 0.05 from 7 episodes on.
      bool hopeless = noted(w, "the smallest p-value");
      assert_true(hopeless == (test != HFT_PAIRED_T && e > 1 && e < 7));
    }
  }
  w->spec.episodes = EPISODES;
  w->spec.test = HFT_PAIRED_T;
  compare(w);
  assert_false(noted(w, "too few"));
  assert_true(noted(w, "common worlds: "));
  assert_true(noted(w, "takes about "));
  // One far from the others makes the mean of 60 skew.
  w->value[0][5] = 1e6;
  compare(w);
  assert_true(noted(w, "too few episodes: the mean"));
  free(w);
}

// Twelve pairs that are told apart, and nothing else: 4,096 letters.
static void too_many_letters(void **unused) {
  (void)unused;
  world *w = make(MOST, 0, 0.01);
  hft_rng rng = hft_rng_stream(2, 0, 0);
  for (int k = 0; k < MOST; k += 2) {
    for (int e = 0; e < EPISODES; e++) {
      double noise = 1000 * hft_normal(&rng);
      w->value[k][e] += noise;
      w->value[k + 1][e] += noise + 1;
    }
  }
  compare(w);
  assert_true(noted(w, "the groups need more than 52 letters"));
  for (int i = 0; i < MOST; i++) assert_string_equal(w->found.rank[i].group, "");
  free(w);
}

static void one_contestant(void **unused) {
  (void)unused;
  world *w = make(1, 1, 1);
  compare(w);
  assert_int_equal(w->found.pairs, 0);
  assert_int_equal(w->found.notes, 0);
  assert_string_equal(w->found.rank[0].group, "a");
  w->spec.episodes = 1;
  compare(w);
  assert_true(isnan(w->found.rank[0].interval.low) && isnan(w->found.rank[0].sd));
  assert_true(noted(w, "too few episodes: the mean of one is that of 1 value,"));
  free(w);
}

// Episodes of one world: means and differences, but nothing on how certain they are.
static void dependent_episodes(void **unused) {
  (void)unused;
  world *w = make(3, 5, 1);
  w->spec.dependent = true;
  compare(w);
  for (int i = 0; i < 3; i++) {
    assert_true(isnan(w->found.rank[i].interval.low));
    assert_string_equal(w->found.rank[i].group, "a");
    assert_true(w->found.pair[i].difference > 0 && isnan(w->found.pair[i].p));
    assert_true(isnan(w->found.pair[i].interval.high) && isnan(w->found.pair[i].needed));
    assert_true(isnan(w->found.pair[i].effect.g));
  }
  assert_int_equal(w->found.notes, 0);
  free(w);
}

// The intervals of a contestant do not depend on who else is there; all is the same again.
static void deterministic(void **unused) {
  (void)unused;
  world *w = make(MOST, 0.1, 1);
  w->spec.test = HFT_PAIRED_PERMUTATION;
  compare(w);
  hft_comparison *first = malloc(sizeof *first);
  assert_non_null(first);
  memcpy(first, &w->found, sizeof *first);
  compare(w);
  assert_memory_equal(first, &w->found, sizeof *first);
  const double *column[] = {w->column[3]};
  w->spec.contestants = 1;
  w->spec.value = column;
  compare(w);
  for (int i = 0; i < MOST; i++) {
    if (first->rank[i].contestant != 3) continue;
    assert_true(first->rank[i].interval.low == w->found.rank[0].interval.low);
  }
  free(first);
  free(w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ranking),
      cmocka_unit_test(pairs),
      cmocka_unit_test(groups),
      cmocka_unit_test(the_same_twice),
      cmocka_unit_test(missing_values),
      cmocka_unit_test(few_episodes),
      cmocka_unit_test(one_contestant),
      cmocka_unit_test(too_many_letters),
      cmocka_unit_test(dependent_episodes),
      cmocka_unit_test(deterministic),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
