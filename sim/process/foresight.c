#include "sim/process/foresight.h"

#include <math.h>
#include <string.h>

#include "sim/base/dist.h"
#include "sim/base/math.h"
#include "sim/process/correlation.h"

#define CHUNK 32        // steps of a value between two looks at the budget
#define UNIT_OF_WORK 8  // steps of a value

// What is known of a value's innovations, summed up to a time.
typedef struct known {
  hft_rng noise;      // of n
  hft_rng jumps;      // which jumps are known
  double x;           // moves as the value's x does, by the known parts
  double unforeseen;  // sum of the changes of the value beyond the known parts, ticks
  double revealed;    // sum of the known parts of the diffusion, ticks
} known;

// A copy of the basket with what is known up to its time: this, known [count], the basket.
struct hft_foresight {
  hft_rng common;  // which common jumps are known
};

static size_t run_size(const hft_basket_model *basket) {
  return sizeof(hft_foresight) + (size_t)basket->count * sizeof(known) + hft_basket_size(basket);
}

size_t hft_foresight_size(const hft_basket_model *basket) {
  return 2 * run_size(basket);
}

// The copy at the time of the market. The one that is ahead is first.
static hft_foresight *present(const hft_basket_model *basket, const hft_foresight *foresight) {
  return (hft_foresight *)((uintptr_t)foresight + run_size(basket));
}

static known *known_of(const hft_foresight *run) {
  return (known *)((uintptr_t)run + sizeof *run);
}

static hft_basket *basket_of(const hft_basket_model *basket, const hft_foresight *run) {
  return (hft_basket *)(known_of(run) + basket->count);
}

void hft_foresight_compile(const hft_basket_model *basket, double r2, double seconds,
                           hft_foresight_model *model) {
  double steps = floor(seconds * 1e9 / (double)basket->step + 0.5);
  memset(model, 0, sizeof *model);
  model->share = r2;
  model->signal = r2;
  model->noise = sqrt(r2 * (1 - r2));
  model->ahead = (hft_time)(steps > 1 ? steps : 1) * basket->step;
  for (int i = 0; i < basket->count; i++) {
    model->left[i] = hft_exp(-basket->value[i].speed * 1e-9 * (double)model->ahead);
  }
}

static void start_run(const hft_basket_model *basket, hft_foresight *run, uint64_t seed,
                      uint32_t env, uint32_t stream) {
  memset(run, 0, run_size(basket));
  run->common = hft_rng_stream(seed, env, stream + 2 * HFT_BASKET_MAX);
  for (int i = 0; i < basket->count; i++) {
    known_of(run)[i].noise = hft_rng_stream(seed, env, stream + 2 * (uint32_t)i);
    known_of(run)[i].jumps = hft_rng_stream(seed, env, stream + 2 * (uint32_t)i + 1);
  }
  hft_basket_start(basket, basket_of(basket, run), seed, env);
}

void hft_foresight_start(const hft_basket_model *basket, hft_foresight *foresight, uint64_t seed,
                         uint32_t env, uint32_t stream) {
  start_run(basket, foresight, seed, env, stream);
  memcpy(present(basket, foresight), foresight, run_size(basket));
}

// ---- one step ----------------------------------------------------------------------------------

// The normals of the basket's next step, drawn from copies of its streams, and the noise on them.
static void draw(const hft_basket_model *basket, const hft_basket *values, known *of, double *z,
                 double *n) {
  double own[HFT_BASKET_MAX], noise[HFT_BASKET_MAX];
  for (int i = 0; i < basket->count; i++) {
    hft_rng rng = values->value[i].diffusion_rng;
    own[i] = hft_normal(&rng);
    noise[i] = hft_normal(&of[i].noise);
  }
  if (basket->correlated && basket->count > 1) {
    hft_correlation_apply(basket->factor, basket->count, own, z);
    hft_correlation_apply(basket->factor, basket->count, noise, n);
  } else {
    memcpy(z, own, (size_t)basket->count * sizeof *z);
    memcpy(n, noise, (size_t)basket->count * sizeof *n);
  }
}

// The known ones of a value's own jumps up to `end`. Counts all of them.
static double known_jumps(const hft_fundamental_model *model, const hft_fundamental *value,
                          double share, hft_rng *which, hft_time end, int64_t *count) {
  hft_rng rng = value->jump_rng;
  double sum = 0, at = value->next_jump_ns;
  while (at <= (double)end) {
    double size = model->jump_scale * hft_jump_draw(&model->spec.jumps, &rng);
    if (hft_uniform(which) < share) sum += size * hft_fundamental_fade(model, at, end);
    ++*count;
    at += model->jump_wait_ns * hft_exponential(&rng);
  }
  return sum;
}

// Adds the known ones of the common jumps up to `end`. Counts all of them.
static void add_common(const hft_basket_model *basket, const hft_basket *values, double share,
                       hft_foresight *run, hft_time end, int64_t *count) {
  hft_rng rng = values->common_rng;
  double at = values->next_common_ns;
  while (at <= (double)end) {
    double jump = hft_jump_draw(&basket->common, &rng);
    bool is_known = hft_uniform(&run->common) < share;
    for (int i = 0; i < basket->count && is_known; i++) {
      known_of(run)[i].x +=
          basket->loading[i] * jump * hft_fundamental_fade(&basket->value[i], at, end);
    }
    *count += basket->count;
    at += basket->common_wait_ns * hft_exponential(&rng);
  }
}

// x less its known part: it moves as x does, by the innovations that nobody foresees.
static double gap(const known *of, const hft_fundamental *value) {
  return value->x - of->x;
}

// Adds the change of the value beyond the known part of a step, before which the gap was `before`.
static void add_unforeseen(const hft_fundamental_model *model, const hft_fundamental *value,
                           double decay, double before, known *of) {
  double more = gap(of, value) - decay * before;
  bool is_log = hft_fundamental_is_log(model);
  of->unforeseen += is_log ? -value->value * hft_expm1(-more) : more;
}

// Moves a run by one step of the grid. Returns the number of jumps.
static int64_t step(const hft_basket_model *basket, const hft_foresight_model *model,
                    hft_foresight *run) {
  hft_basket *values = basket_of(basket, run);
  double z[HFT_BASKET_MAX], n[HFT_BASKET_MAX], before[HFT_BASKET_MAX];
  int64_t jumps = 0;
  hft_time end = values->next_step;
  draw(basket, values, known_of(run), z, n);
  for (int i = 0; i < basket->count; i++) {
    const hft_fundamental_model *value = &basket->value[i];
    if (value->spec.kind == HFT_FUNDAMENTAL_CONSTANT) continue;
    hft_transition over = value->grid;
    if (basket->activity.count > 0) {
      const hft_activity *activity = &hft_basket_activity(basket, values)[i];
      over = hft_fundamental_varied(value, activity->variance, activity->volatility);
    }
    known *of = &known_of(run)[i];
    before[i] = gap(of, &values->value[i]);
    // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): draw has filled them
    double part = over.sd * (model->signal * z[i] + model->noise * n[i]);
    of->x = over.decay * of->x + model->share * over.drift + part;
    of->revealed += hft_fundamental_is_log(value) ? values->value[i].value * part : part;
    of->x += known_jumps(value, &values->value[i], model->share, &of->jumps, end, &jumps);
  }
  add_common(basket, values, model->share, run, end, &jumps);
  hft_basket_advance(basket, values, end);
  for (int i = 0; i < basket->count; i++) {
    const hft_fundamental_model *value = &basket->value[i];
    if (value->spec.kind == HFT_FUNDAMENTAL_CONSTANT) continue;
    add_unforeseen(value, &values->value[i], value->grid.decay, before[i], &known_of(run)[i]);
  }
  return jumps;
}

static bool advance(const hft_basket_model *basket, const hft_foresight_model *model,
                    hft_foresight *run, hft_time now, int64_t *budget) {
  const hft_basket *values = basket_of(basket, run);
  while (values->next_step <= now) {
    if (*budget <= 0) return false;
    int64_t work = UNIT_OF_WORK;
    for (int moved = 0; moved < CHUNK && values->next_step <= now; moved += basket->count) {
      work += basket->count + step(basket, model, run);
    }
    *budget -= work / UNIT_OF_WORK;
  }
  return true;
}

bool hft_foresight_advance_some(const hft_basket_model *basket, const hft_foresight_model *model,
                                hft_foresight *foresight, hft_time now, int64_t *budget) {
  return advance(basket, model, foresight, now + model->ahead, budget) &&
         advance(basket, model, present(basket, foresight), now, budget);
}

double hft_foresight_change(const hft_basket_model *basket, const hft_foresight_model *model,
                            const hft_foresight *foresight, int instrument) {
  const hft_foresight *at = present(basket, foresight);
  const hft_fundamental_model *value = &basket->value[instrument];
  const hft_fundamental *now = &basket_of(basket, at)->value[instrument];
  double before = known_of(at)[instrument].x, after = known_of(foresight)[instrument].x;
  if (hft_fundamental_is_log(value)) return now->value * hft_expm1(after - before);
  double left = model->left[instrument];
  return after - left * before - (1 - left) * now->x;
}

double hft_foresight_unforeseen(const hft_basket_model *basket, const hft_foresight *foresight,
                                int instrument) {
  return known_of(present(basket, foresight))[instrument].unforeseen;
}

double hft_foresight_revealed(const hft_foresight *foresight, int instrument) {
  return known_of(foresight)[instrument].revealed;
}
