#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agents/nn/adam.h"
#include "agents/nn/blas.h"
#include "agents/nn/head.h"
#include "agents/nn/net.h"
#include "bench/learn.h"
#include "sim/base/arena.h"
#include "sim/base/dist.h"

#define PIECE_MIN 128  // rows that one thread works on at a time
#define PIECES 16      // at most
#define HUBER 1.0F

// The actor is net 0, the critic net 1. `own` numbers follow a net's parameters: those of the head.
typedef struct learner {
  hft_net *net;
  hft_adam adam;
  int64_t params, own;
  float *value, *grad, *m, *v;  // [params + own]
  float *x;                     // [rows][inputs]
  float *piece_grad;            // [pieces][params + own]
  float *work, *y, *dy;         // of each piece
  size_t work_size;
  double loss[PIECES];
} learner;

struct hft_bench_update {
  hft_bench_recipe recipe;
  hft_crew *crew;
  hft_head *head;
  learner learner[2];
  int rows, piece, pieces;
  float *action, *old, *gain, *target;          // of the rows
  float *log_prob, *entropy, *dlog, *dentropy;  // of the rows
  double gain_mean, gain_factor;
  float *block;  // the memory of all arrays
};

static int outputs_of(const hft_bench_update *u, int net) {
  return net == 0 ? hft_head_outputs(u->head) : 1;
}

static int inputs_of(const hft_bench_recipe *recipe, int net) {
  return net == 0 ? recipe->obs : recipe->obs + recipe->state;
}

// ---- one piece of the batch --------------------------------------------------------------------

static int rows_of(const hft_bench_update *u, int piece) {
  int left = u->rows - piece * u->piece;
  return left < u->piece ? left : u->piece;
}

// The clipped loss (Schulman and others 2017, eq. 7) and its derivatives by the log-probabilities.
static double clipped_loss(hft_bench_update *u, int from, int rows) {
  double loss = 0;
  float low = (float)(1 - u->recipe.clip), high = (float)(1 + u->recipe.clip);
  for (int i = from; i < from + rows; i++) {
    float gain = (u->gain[i] - (float)u->gain_mean) * (float)u->gain_factor;
    float ratio = expf(u->log_prob[i] - u->old[i]);
    float bounded = ratio < low ? low : ratio > high ? high : ratio;
    bool clipped = bounded * gain < ratio * gain;
    loss -= clipped ? bounded * gain : ratio * gain;
    u->dlog[i] = clipped ? 0 : -ratio * gain / (float)u->rows;
    u->dentropy[i] = 0;
  }
  return loss;
}

static double act(hft_bench_update *u, int from, int rows, const float *y, float *dy, float *grad) {
  learner *l = &u->learner[0];
  const float *own = l->value + l->params, *raw = u->action + (size_t)from * (size_t)u->recipe.axes;
  hft_head_evaluate(u->head, own, y, NULL, raw, rows, u->log_prob + from, u->entropy + from);
  double loss = clipped_loss(u, from, rows);
  hft_head_backward(u->head, own, y, NULL, raw, rows, u->dlog + from, u->dentropy + from, dy,
                    grad + l->params);
  return loss;
}

static double value_loss(const hft_bench_update *u, int from, int rows, const float *y, float *dy) {
  double loss = 0;
  for (int i = 0; i < rows; i++) {
    float miss = y[i] - u->target[from + i], size = fabsf(miss);
    loss += size <= HUBER ? 0.5F * miss * miss : HUBER * (size - 0.5F * HUBER);
    float slope = size <= HUBER ? miss : copysignf(HUBER, miss);
    dy[i] = slope / (float)u->rows;
  }
  return loss;
}

static void work_on_piece(void *context, int item) {
  hft_bench_update *u = context;
  int net = item % 2, piece = item / 2, from = piece * u->piece, rows = rows_of(u, piece);
  learner *l = &u->learner[net];
  size_t outputs = (size_t)outputs_of(u, net), total = (size_t)(l->params + l->own);
  const hft_net_batch batch = {
      .steps = 1, .rows = rows, .x = l->x + (size_t)from * (size_t)inputs_of(&u->recipe, net)};
  float *work = l->work + (size_t)piece * l->work_size,
        *grad = l->piece_grad + (size_t)piece * total;
  float *y = l->y + (size_t)from * outputs, *dy = l->dy + (size_t)from * outputs;
  memset(grad, 0, total * sizeof *grad);
  hft_net_forward(l->net, l->value, &batch, work, y, NULL);
  l->loss[piece] = net == 0 ? act(u, from, rows, y, dy, grad) : value_loss(u, from, rows, y, dy);
  hft_net_backward(l->net, l->value, &batch, work, dy, grad, NULL);
}

// ---- the update --------------------------------------------------------------------------------

// Sums the gradients of the pieces in their order, clips the sum, and moves the parameters.
static void move(void *context, int net) {
  hft_bench_update *u = context;
  learner *l = &u->learner[net];
  int64_t total = l->params + l->own;
  memcpy(l->grad, l->piece_grad, (size_t)total * sizeof *l->grad);
  for (int piece = 1; piece < u->pieces; piece++) {
    const float *add = l->piece_grad + piece * total;
    for (int64_t i = 0; i < total; i++) l->grad[i] += add[i];
  }
  double scale = hft_clip_scale(hft_norm(l->grad, total), u->recipe.gradient_norm);
  hft_adam_update(&l->adam, u->recipe.lr, scale, total, l->grad, l->m, l->v, l->value);
}

static void normalise_gains(hft_bench_update *u) {
  double sum = 0, squares = 0;
  for (int i = 0; i < u->rows; i++) sum += u->gain[i];
  u->gain_mean = sum / u->rows;
  for (int i = 0; i < u->rows; i++) {
    double gap = u->gain[i] - u->gain_mean;
    squares += gap * gap;
  }
  u->gain_factor = 1 / (sqrt(squares / u->rows) + 1e-8);
}

void hft_bench_update_run(hft_bench_update *u) {
  normalise_gains(u);
  hft_crew_run(u->crew, 2 * u->pieces, work_on_piece, u);
  hft_crew_run(u->crew, 2, move, u);
}

void hft_bench_update_losses(const hft_bench_update *u, double losses[2]) {
  for (int net = 0; net < 2; net++) {
    losses[net] = 0;
    for (int piece = 0; piece < u->pieces; piece++) losses[net] += u->learner[net].loss[piece];
    losses[net] /= u->rows;
  }
}

// ---- creation ----------------------------------------------------------------------------------

// Takes floats of a block; with a null block it counts them.
static float *take(float *block, size_t *used, size_t count) {
  float *at = block == NULL ? NULL : block + *used;
  *used += hft_align(count * sizeof(float)) / sizeof(float);
  return at;
}

static size_t lay_out(hft_bench_update *u, float *block) {
  size_t used = 0, rows = (size_t)u->rows, pieces = (size_t)u->pieces;
  for (int net = 0; net < 2; net++) {
    learner *l = &u->learner[net];
    size_t total = (size_t)(l->params + l->own), outputs = (size_t)outputs_of(u, net);
    float **of_params[] = {&l->value, &l->grad, &l->m, &l->v};
    for (int i = 0; i < 4; i++) *of_params[i] = take(block, &used, total);
    l->x = take(block, &used, rows * (size_t)inputs_of(&u->recipe, net));
    l->piece_grad = take(block, &used, pieces * total);
    l->work_size = hft_align(hft_net_work_size(l->net, 1, u->piece) * sizeof(float));
    l->work_size /= sizeof(float);
    l->work = take(block, &used, pieces * l->work_size);
    l->y = take(block, &used, rows * outputs);
    l->dy = take(block, &used, rows * outputs);
  }
  u->action = take(block, &used, rows * (size_t)u->recipe.axes);
  float **of_rows[] = {&u->old,     &u->gain, &u->target,  &u->log_prob,
                       &u->entropy, &u->dlog, &u->dentropy};
  for (size_t i = 0; i < sizeof of_rows / sizeof of_rows[0]; i++) {
    *of_rows[i] = take(block, &used, rows);
  }
  return used;
}

static void draw(hft_rng *rng, float *x, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] = (float)hft_normal(rng);
}

static void fill(hft_bench_update *u) {
  hft_rng rng = hft_rng_seed(0, 0);
  size_t rows = (size_t)u->rows, obs = (size_t)u->recipe.obs, axes = (size_t)u->recipe.axes;
  for (int net = 0; net < 2; net++) {
    learner *l = &u->learner[net];
    hft_net_init(l->net, l->value, &rng);
    if (net == 0) hft_head_init(u->head, l->value + l->params);
    l->adam = hft_adam_default();
    draw(&rng, l->x, rows * (size_t)inputs_of(&u->recipe, net));
  }
  for (size_t i = 0; i < rows; i++) {  // the critic sees the actor's observation, too
    memcpy(u->learner[1].x + i * (size_t)inputs_of(&u->recipe, 1), u->learner[0].x + i * obs,
           obs * sizeof(float));
  }
  draw(&rng, u->action, rows * axes);
  for (size_t i = 0; i < rows * axes; i++) u->action[i] *= (float)u->recipe.deviation;
  draw(&rng, u->gain, rows);
  draw(&rng, u->target, rows);
  // The old log-probabilities are those of the initial policy, so that ratios begin at 1.
  learner *l = &u->learner[0];
  const hft_net_batch batch = {.steps = 1, .rows = u->piece, .x = l->x};
  for (int piece = 0; piece < u->pieces; piece++) {
    int from = piece * u->piece, count = rows_of(u, piece);
    hft_net_batch part = batch;
    part.rows = count;
    part.x = l->x + (size_t)from * obs;
    hft_net_forward(l->net, l->value, &part, l->work, l->y, NULL);
    hft_head_evaluate(u->head, l->value + l->params, l->y, NULL, u->action + (size_t)from * axes,
                      count, u->old + from, u->entropy + from);
  }
}

static hft_status make_nets(hft_bench_update *u, hft_error *error) {
  hft_head_def head = {.axis_count = u->recipe.axes,
                       .density = HFT_DENSITY_GAUSSIAN,
                       .deviation = u->recipe.deviation};
  hft_status status = hft_head_create(&head, &u->head, error);
  for (int net = 0; net < 2 && status == HFT_OK; net++) {
    const hft_net_def def = {.inputs = inputs_of(&u->recipe, net),
                             .outputs = outputs_of(u, net),
                             .hidden_count = 2,
                             .hidden = {u->recipe.hidden, u->recipe.hidden},
                             .output_gain = net == 0 ? 0.01 : 1};
    learner *l = &u->learner[net];
    status = hft_net_create(&def, &l->net, error);
    if (status != HFT_OK) break;
    l->params = hft_net_param_count(l->net);
    l->own = net == 0 ? hft_head_param_count(u->head) : 0;
  }
  return status;
}

hft_status hft_bench_update_create(const hft_bench_recipe *recipe, int rows, hft_crew *crew,
                                   hft_bench_update **out, hft_error *error) {
  *out = NULL;
  hft_bench_update *u = calloc(1, sizeof *u);
  if (u == NULL) return hft_fail(error, HFT_ENOMEM, "bench", "out of memory");
  hft_blas_hold();
  u->recipe = *recipe;
  u->crew = crew;
  u->rows = rows;
  u->piece = (rows + PIECES - 1) / PIECES;
  if (u->piece < PIECE_MIN) u->piece = PIECE_MIN;
  u->pieces = (rows + u->piece - 1) / u->piece;
  hft_status status = make_nets(u, error);
  if (status == HFT_OK) {
    size_t bytes = lay_out(u, NULL) * sizeof(float);
    u->block = aligned_alloc(HFT_CACHE_LINE, bytes);
    if (u->block == NULL) status = hft_fail(error, HFT_ENOMEM, "bench", "out of memory");
    if (u->block != NULL) memset(u->block, 0, bytes);
  }
  if (status != HFT_OK) {
    hft_bench_update_free(u);
    return status;
  }
  lay_out(u, u->block);
  fill(u);
  *out = u;
  return HFT_OK;
}

void hft_bench_update_free(hft_bench_update *u) {
  if (u == NULL) return;
  for (int net = 0; net < 2; net++) hft_net_free(u->learner[net].net);
  hft_head_free(u->head);
  free(u->block);
  free(u);
}

hft_bench_recipe hft_bench_recipe_of(const hft_env_spec *spec) {
  const hft_group *group = &spec->group[0];
  return (hft_bench_recipe){.obs = group->obs_dim,
                            .state = spec->state_dim,
                            .axes = group->action_dim,
                            .hidden = 64,
                            .envs = 128,
                            .steps = 100,
                            .epochs = 4,
                            .minibatches = 4,
                            .lr = 2e-3,
                            .gamma = 0.98,
                            .lam = 0.95,
                            .clip = 0.2,
                            .gradient_norm = 0.5,
                            .deviation = 0.3};
}
