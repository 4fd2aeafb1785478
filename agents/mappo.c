// An update of MAPPO and IPPO. Of each player (a role, or a seat) with policy pi and value V:
//
//   1. T steps of all envs with pi (agents/rollout.h). Inputs are standardised by the moments of
//      all inputs before this rollout; the first one follows a short warm start, whose steps are
//      learned from in no other way.
//   2. Advantages A by GAE (agents/gae.h), returns R = A + V. The unit of V moves towards the
//      moments of R (hft_value_rescale); below, V and R are in that unit.
//   3. `epochs` passes over the rows in which the seat could act, in minibatches of B rows:
//        A    <- (A - mean A) / deviation A, over the minibatch
//        r     = pi(a | o) / pi_old(a | o)
//        L_pi  = -mean min(r A, clip(r, 1 - epsilon, 1 + epsilon) A) - c_H mean H(pi(. | o))
//                (Schulman and others 2017, eq. 7 and 9)
//        L_V   = c_V mean max(h(V - R), h(V_old + clip(V - V_old, -v, v) - R)), h Huber's loss
//                (Yu and others 2022, appendix A)
//      V sees the observation and the state (MAPPO), or the observation (IPPO).
//      Gradients of actor and critic are clipped separately; Adam.
//   4. The actor's passes end once mean((r - 1) - log r), an estimate of KL(pi_old, pi) that is
//      never negative (Schulman 2020, "Approximating KL Divergence"), exceeds target_kl.
//
// A minibatch is cut into shards. The gradient of each is an item of work with memory of its own,
// and they are added in their order: the threads change no bit.
#include "agents/mappo.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "agents/gae.h"
#include "agents/mappo_state.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))
#define WARM_STEPS 32  // before the first rollout: moments of the inputs
#define DEVIATION_LEAST 1e-8

#define HFT_KEY_STRUCT hft_mappo_keys
static const hft_key mappo_keys[] = {HFT_MAPPO_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT
static const hft_section mappo_section = {"mappo",
                                          "proximal policy optimisation with critics that see the "
                                          "state (Yu and others 2022)",
                                          mappo_keys, COUNT(mappo_keys), sizeof(hft_mappo_keys)};
static const hft_section ippo_section = {"ippo",
                                         "proximal policy optimisation with critics that see what "
                                         "the seat sees (Schulman and others 2017)",
                                         mappo_keys, COUNT(mappo_keys), sizeof(hft_mappo_keys)};

// ---- shards ------------------------------------------------------------------------------------

// Writes the indices of the rows of a shard, [steps][lanes] with a GRU. Returns their number.
static int take_rows(const hft_learner *l, int shard, int32_t *row, int *lanes) {
  const hft_minibatch *m = &l->batch;
  const hft_player *p = m->player;
  int from = shard * m->shard_units;
  int count = m->units - from < m->shard_units ? m->units - from : m->shard_units;
  *lanes = count;
  if (p->actor_gru == 0) {
    memcpy(row, m->unit + from, (size_t)count * sizeof *row);
    return count;
  }
  for (int t = 0; t < p->steps; t++) {
    for (int i = 0; i < count; i++) row[t * count + i] = t * p->lanes + m->unit[from + i];
  }
  return p->steps * count;
}

static void gather(const float *from, int dim, const int32_t *row, int rows, float *to) {
  for (int i = 0; i < rows; i++) {
    memcpy(to + (int64_t)i * dim, from + (int64_t)row[i] * dim, (size_t)dim * sizeof *to);
  }
}

// The batch of a shard, whose inputs and memory at its begin are in the scratch memory.
static hft_net_batch shard_batch(const hft_learner *l, int shard, int gru, const float *start,
                                 hft_mappo_scratch *s, int rows, int lanes) {
  const hft_minibatch *m = &l->batch;
  hft_net_batch batch = {.steps = 1, .rows = rows, .x = s->x};
  if (gru == 0) return batch;
  batch.steps = m->player->steps;
  batch.rows = lanes;
  gather(start, gru, m->unit + (ptrdiff_t)shard * m->shard_units, lanes, s->state);
  for (int i = 0; i < rows; i++) s->restart[i] = m->player->restart[s->row[i]];
  batch.state = s->state;
  batch.restart = s->restart;
  return batch;
}

double hft_mappo_policy_loss(double gap, double gain, double epsilon, double *slope) {
  double ratio = exp(gap);
  double kept = ratio < 1 - epsilon ? 1 - epsilon : ratio > 1 + epsilon ? 1 + epsilon : ratio;
  bool is_clipped = kept * gain < ratio * gain;
  *slope = is_clipped ? 0 : -ratio * gain;
  return is_clipped ? -kept * gain : -ratio * gain;
}

// Derivatives of L_pi by log pi(a | o) and H, for each row.
static void policy_loss(const hft_learner *l, hft_mappo_scratch *s, int rows, hft_mappo_sums *sum) {
  const hft_minibatch *m = &l->batch;
  const hft_player *p = m->player;
  const double epsilon = l->keys.clip_epsilon;
  for (int i = 0; i < rows; i++) {
    int32_t row = s->row[i];
    s->d_log[i] = s->d_entropy[i] = 0;
    if (p->live[row] == 0) continue;
    double gap = (double)s->log_prob[i] - (double)p->log_prob[row], slope;
    double gain = (double)p->advantage[row];
    if (l->keys.normalise_advantage) gain = (gain - (double)m->mean) * (double)m->inverse;
    sum->policy += hft_mappo_policy_loss(gap, gain, epsilon, &slope);
    s->d_log[i] = (float)(slope / m->rows);
    s->d_entropy[i] = (float)(-m->entropy_coef / m->rows);
    sum->entropy += (double)s->entropy[i];
    double change = expm1(gap);
    sum->kl += change - gap;
    sum->clipped += fabs(change) > epsilon;
  }
}

static void actor_shard(hft_learner *l, int shard, hft_mappo_scratch *s, hft_phases *clock) {
  hft_player *p = l->batch.player;
  const hft_actor *actor = p->actor;
  const float *params = actor->params, *head_params = params + p->actor_net_count;
  float *grad = l->actor_grad + (int64_t)shard * p->actor_count;
  hft_mappo_sums *sum = &l->sum[shard];
  double began = hft_phases_now();
  int lanes, rows = take_rows(l, shard, s->row, &lanes);
  gather(p->obs, p->obs_dim, s->row, rows, s->x);
  gather(p->raw, p->axis_count, s->row, rows, s->raw);
  for (int i = 0; i < rows && p->mask_dim > 0; i++) {
    memcpy(s->mask + (int64_t)i * p->mask_dim, p->mask + (int64_t)s->row[i] * p->mask_dim,
           (size_t)p->mask_dim);
  }
  const uint8_t *mask = p->mask_dim > 0 ? s->mask : NULL;
  hft_net_batch batch = shard_batch(l, shard, p->actor_gru, p->actor_start, s, rows, lanes);
  hft_net_forward(actor->net, params, &batch, s->work, s->y, NULL);
  hft_head_evaluate(actor->head, head_params, s->y, mask, s->raw, rows, s->log_prob, s->entropy);
  policy_loss(l, s, rows, sum);
  double middle = hft_phases_now();
  memset(grad, 0, (size_t)p->actor_count * sizeof *grad);
  hft_head_backward(actor->head, head_params, s->y, mask, s->raw, rows, s->d_log, s->d_entropy,
                    s->dy, grad + p->actor_net_count);
  hft_net_backward(actor->net, params, &batch, s->work, s->dy, grad, NULL);
  clock->forward += middle - began;
  clock->backward += hft_phases_now() - middle;
}

// Huber's loss; its derivative to *slope. delta 0: half the square.
static double huber(double error, double delta, double *slope) {
  if (delta == 0 || fabs(error) <= delta) {
    *slope = error;
    return 0.5 * error * error;
  }
  *slope = error > 0 ? delta : -delta;
  return delta * (fabs(error) - 0.5 * delta);
}

double hft_mappo_value_loss(double value, double old, double target, double most, double delta,
                            double *slope) {
  double loss = huber(value - target, delta, slope);
  if (most == 0) return loss;
  double moved = value - old, slope_kept;
  double kept = moved < -most ? -most : moved > most ? most : moved;
  double loss_kept = huber(old + kept - target, delta, &slope_kept);
  if (loss_kept <= loss) return loss;
  *slope = kept == moved ? slope_kept : 0;
  return loss_kept;
}

// Derivatives of L_V by the critic's outputs, for each row.
static void value_loss(const hft_learner *l, hft_mappo_scratch *s, int rows, hft_mappo_sums *sum) {
  const hft_minibatch *m = &l->batch;
  const hft_player *p = m->player;
  const double unit = 1 / p->value_scale.deviation, mean = p->value_scale.mean;
  for (int i = 0; i < rows; i++) {
    int32_t row = s->row[i];
    s->dy[i] = 0;
    if (p->live[row] == 0) continue;
    double old = ((double)p->value[row] - mean) * unit, slope;
    sum->value += hft_mappo_value_loss((double)s->y[i], old, (double)p->target[row],
                                       l->keys.value_clip, l->keys.huber_delta, &slope);
    s->dy[i] = (float)(l->keys.value_coef * slope / m->rows);
  }
}

static void critic_shard(hft_learner *l, int shard, hft_mappo_scratch *s, hft_phases *clock) {
  hft_player *p = l->batch.player;
  float *grad = l->critic_grad + (int64_t)shard * p->critic_count;
  double began = hft_phases_now();
  int lanes, rows = take_rows(l, shard, s->row, &lanes);
  gather(p->input, p->input_dim, s->row, rows, s->x);
  hft_net_batch batch = shard_batch(l, shard, p->critic_gru, p->critic_start, s, rows, lanes);
  hft_net_forward(p->critic, p->critic_params, &batch, s->work, s->y, NULL);
  value_loss(l, s, rows, &l->sum[HFT_MAPPO_SHARDS_MAX + shard]);
  double middle = hft_phases_now();
  memset(grad, 0, (size_t)p->critic_count * sizeof *grad);
  hft_net_backward(p->critic, p->critic_params, &batch, s->work, s->dy, grad, NULL);
  clock->forward += middle - began;
  clock->backward += hft_phases_now() - middle;
}

static void work_on_shard(void *context, int thread, int item) {
  hft_learner *l = context;
  int shards = l->batch.shards;
  if (item < shards) {
    critic_shard(l, item, &l->scratch[thread], &l->clocks[thread]);
  } else {
    actor_shard(l, item - shards, &l->scratch[thread], &l->clocks[thread]);
  }
}

// ---- steps of the optimisers -------------------------------------------------------------------

// Adds the gradients of the shards to the first one.
static void add_shards(float *grad, int shards, int64_t count) {
  for (int i = 1; i < shards; i++) {
    const float *from = grad + i * count;
    for (int64_t k = 0; k < count; k++) grad[k] += from[k];
  }
}

static void move(void *context, int thread, int item) {
  hft_learner *l = context;
  hft_phases *clock = &l->clocks[thread];
  const hft_minibatch *m = &l->batch;
  hft_player *p = m->player;
  double began = hft_phases_now();
  float *grad = item == 0 ? l->critic_grad : l->actor_grad;
  int64_t count = item == 0 ? p->critic_count : p->actor_count;
  add_shards(grad, m->shards, count);
  double norm = hft_norm(grad, count), scale = hft_clip_scale(norm, l->keys.max_grad_norm);
  // A gradient that is not finite would destroy the network: the minibatch is left out.
  if (isfinite(norm) && item == 0) {
    hft_adam_update(&p->critic_adam, m->lr_critic, scale, count, grad, p->critic_m, p->critic_v,
                    p->critic_params);
  } else if (isfinite(norm)) {
    hft_adam_update(&p->actor_adam, m->lr_actor, scale, count, grad, p->actor_m, p->actor_v,
                    p->actor->params);
  }
  clock->backward += hft_phases_now() - began;
}

// Mean and deviation of the advantages of a minibatch, and the rows that count.
static void measure_batch(hft_minibatch *m) {
  const hft_player *p = m->player;
  const int steps = p->actor_gru > 0 ? p->steps : 1;
  double sum = 0, square = 0, rows = 0;
  for (int t = 0; t < steps; t++) {
    for (int i = 0; i < m->units; i++) {
      int64_t row = (int64_t)t * p->lanes + m->unit[i];
      if (p->live[row] == 0) continue;
      double gain = (double)p->advantage[row];
      rows += 1;
      sum += gain;
      square += gain * gain;
    }
  }
  m->rows = rows > 0 ? rows : 1;
  double mean = sum / m->rows, variance = square / m->rows - mean * mean;
  m->mean = (float)mean;
  m->inverse = (float)(1 / ((variance > 0 ? sqrt(variance) : 0) + DEVIATION_LEAST));
}

static void add_sums(hft_mappo_sums *to, const hft_mappo_sums *from) {
  to->rows += from->rows;
  to->policy += from->policy;
  to->value += from->value;
  to->entropy += from->entropy;
  to->kl += from->kl;
  to->clipped += from->clipped;
}

// One minibatch: units[count] of l->order from `from` on. Adds what it met to *total.
static void learn_batch(hft_learner *l, int from, int count, hft_mappo_sums *total) {
  hft_minibatch *m = &l->batch;
  const hft_player *p = m->player;
  m->unit = l->order + from;
  m->units = count;
  m->shard_units = hft_mappo_shard(p, count);
  m->shards = (count + m->shard_units - 1) / m->shard_units;
  measure_batch(m);
  memset(l->sum, 0, (size_t)2 * HFT_MAPPO_SHARDS_MAX * sizeof *l->sum);
  hft_crew_run_threads(l->crew, m->actor_goes_on ? 2 * m->shards : m->shards, work_on_shard, l);
  hft_mappo_sums here = {0};
  for (int i = 0; i < m->shards; i++) {
    add_sums(&here, &l->sum[i]);
    add_sums(&here, &l->sum[HFT_MAPPO_SHARDS_MAX + i]);
  }
  if (m->actor_goes_on && l->keys.target_kl > 0 && here.kl / m->rows > l->keys.target_kl) {
    m->actor_goes_on = false;
  } else if (m->actor_goes_on) {
    here.rows = m->rows;
    add_sums(total, &here);
  }
  hft_crew_run_threads(l->crew, m->actor_goes_on ? 2 : 1, move, l);
}

// ---- a player's update -------------------------------------------------------------------------

static void estimate(void *context, int item) {
  hft_learner *l = context;
  hft_player *p = l->batch.player;
  const hft_gae gae = {p->steps,  p->lanes, l->keys.gamma, l->keys.gae_lambda,
                       p->reward, p->value, p->goes_on,    p->final_value};
  int each = p->lanes / p->blocks;
  hft_gae_estimate(&gae, item * each, (item + 1) * each, p->advantage);
}

// Returns, the critic's new unit, and its targets. Returns the explained variance.
static double set_targets(hft_player *p, double memory) {
  const int64_t rows = (int64_t)p->steps * p->lanes;
  double count = 0, sum = 0, square = 0, wrong = 0, wrong_square = 0;
  for (int64_t i = 0; i < rows; i++) {
    p->target[i] = p->advantage[i] + p->value[i];
    if (p->live[i] == 0) continue;
    count += 1;
    sum += (double)p->target[i];
    wrong += (double)p->advantage[i];
    wrong_square += (double)p->advantage[i] * (double)p->advantage[i];
  }
  if (count == 0) return NAN;
  double mean = sum / count;
  for (int64_t i = 0; i < rows; i++) {
    double gap = (double)p->target[i] - mean;
    if (p->live[i] != 0) square += gap * gap;
  }
  const hft_net_tensor *last = hft_net_tensors(p->critic) + hft_net_tensor_count(p->critic) - 1;
  hft_value_rescale(&p->value_scale, mean, sqrt(square / count), memory,
                    p->critic_params + last[-1].offset, last[-1].rows,
                    p->critic_params + last->offset);
  const float shift = (float)p->value_scale.mean;
  const float factor = (float)(1 / p->value_scale.deviation);
  for (int64_t i = 0; i < rows; i++) p->target[i] = (p->target[i] - shift) * factor;
  double error = wrong_square / count - (wrong / count) * (wrong / count);
  return square > 0 ? 1 - error / (square / count) : NAN;
}

static int32_t below(hft_rng *rng, int32_t count) {
  return (int32_t)(((uint64_t)hft_rng_u32(rng) * (uint64_t)count) >> 32);
}

static void shuffle(hft_learner *l, int count) {
  for (int i = count - 1; i > 0; i--) {
    int j = below(&l->rng, i + 1);
    int32_t swap = l->order[i];
    l->order[i] = l->order[j];
    l->order[j] = swap;
  }
}

// The rows in which the seats could act, or with a GRU all lanes, whose other rows count nothing.
static int list_units(hft_learner *l) {
  const hft_player *p = l->batch.player;
  int count = 0, rows = p->actor_gru > 0 ? p->lanes : p->steps * p->lanes;
  for (int i = 0; i < rows; i++) {
    if (p->actor_gru > 0 || p->live[i] != 0) l->order[count++] = i;
  }
  return count;
}

// Passes over the rollout. Returns the explained variance.
static double learn(hft_learner *l, hft_player *p, double progress, hft_mappo_sums *total) {
  const hft_mappo_keys *k = &l->keys;
  double left = 1 - (1 - k->lr_end) * progress;
  l->batch = (hft_minibatch){
      .player = p,
      .entropy_coef = k->entropy_coef + (k->entropy_end - k->entropy_coef) * progress,
      .lr_actor = k->lr_actor * left,
      .lr_critic = k->lr_critic * left,
      .actor_goes_on = true};
  p->actor_adam.weight_decay = p->critic_adam.weight_decay = k->weight_decay;
  hft_crew_run(l->crew, l->blocks, estimate, l);
  double explained = set_targets(p, k->value_memory);
  int units = list_units(l);
  if (units == 0) return explained;
  int each = hft_mappo_batch(l, p, units);
  for (int64_t epoch = 0; epoch < k->epochs; epoch++) {
    shuffle(l, units);
    for (int from = 0; from < units; from += each) {
      learn_batch(l, from, units - from < each ? units - from : each, total);
    }
  }
  return explained;
}

// ---- the learner -------------------------------------------------------------------------------

// Figures of the players of one group.
typedef struct report {
  hft_mappo_sums total;
  double reward, live, gain, ends, explained, players, left_out;
} report;

static const char *const figure_names[] = {"reward",  "return", "policy_loss", "value_loss",
                                           "entropy", "kl",     "clipped",     "explained_variance",
                                           "left_out"};

static int write_figures(const report *of, const char *role, hft_figure *figure, int room) {
  const hft_mappo_sums *s = &of->total;
  const double value[COUNT(figure_names)] = {
      of->reward / of->live, of->gain / of->ends,         s->policy / s->rows,
      s->value / s->rows,    s->entropy / s->rows,        s->kl / s->rows,
      s->clipped / s->rows,  of->explained / of->players, of->left_out};
  int count = room < COUNT(figure_names) ? room : COUNT(figure_names);
  for (int i = 0; i < count; i++) {
    snprintf(figure[i].name, sizeof figure[i].name, "%.20s/%s", role, figure_names[i]);
    figure[i].value = isfinite(value[i]) ? value[i] : (double)NAN;
  }
  return count;
}

static void play(hft_learner *l) {
  if (l->updates == 0) {
    int steps = l->player[0].steps;
    hft_rollout_play(l->rollout, steps < WARM_STEPS ? steps : WARM_STEPS);
    for (int i = 0; i < l->players; i++) hft_player_see(&l->player[i]);
  }
  for (int i = 0; i < l->players; i++) hft_player_map(&l->player[i]);
  hft_rollout_play(l->rollout, l->player[0].steps);
  for (int i = 0; i < l->players; i++) hft_player_see(&l->player[i]);
}

static int update(hft_learner *l, double progress, hft_figure *figure) {
  double began = hft_phases_now();
  int count = 0;
  report here = {0};
  play(l);
  for (int i = 0; i < l->players; i++) {
    hft_player *p = &l->player[i];
    here.explained += learn(l, p, progress, &here.total);
    here.players += 1;
    for (int b = 0; b < p->blocks; b++) {
      here.reward += p->block[b].reward;
      here.live += p->block[b].live;
      here.gain += p->block[b].gain;
      here.ends += p->block[b].ends;
      here.left_out += p->block[b].left_out;
    }
    if (i + 1 < l->players && l->player[i + 1].group == p->group) continue;
    count +=
        write_figures(&here, p->of->role_name, figure + count, HFT_LEARNER_FIGURES_MAX - count);
    here = (report){0};
  }
  l->updates++;
  l->seconds += hft_phases_now() - began;
  return count;
}

static int tensors(hft_learner *l, hft_tensor *tensor) {
  int count = 0;
  for (int i = 0; i < l->players; i++) {
    count += hft_player_tensors(&l->player[i], tensor + count);
  }
  tensor[count++] = (hft_tensor){"rng", HFT_TENSOR_U64, 1, {2, 1}, &l->rng};
  tensor[count++] =
      (hft_tensor){"streams", HFT_TENSOR_U64, 2, {l->blocks, 2}, hft_rollout_streams(l->rollout)};
  tensor[count++] = (hft_tensor){"updates", HFT_TENSOR_I64, 1, {1, 1}, &l->updates};
  return count;
}

static const hft_actor *actor_of(const hft_learner *l, int group, int seat) {
  for (int i = 0; i < l->players; i++) {
    const hft_player *p = &l->player[i];
    if (p->group == group && seat >= p->first_seat && seat < p->first_seat + p->seats) {
      return p->actor;
    }
  }
  return NULL;
}

static void shares(const hft_learner *l, double seconds[4]) {
  memset(seconds, 0, 4 * sizeof *seconds);
  for (int i = 0; i < l->threads; i++) {
    seconds[0] += l->clocks[i].simulation;
    seconds[1] += l->clocks[i].forward;
    seconds[2] += l->clocks[i].backward;
  }
  double rest = l->seconds * l->threads - seconds[0] - seconds[1] - seconds[2];
  seconds[3] = rest > 0 ? rest : 0;
}

static hft_status create_mappo(const hft_learner_spec *spec, hft_learner **out, hft_error *error) {
  return hft_mappo_create(spec, true, out, error);
}

static hft_status create_ippo(const hft_learner_spec *spec, hft_learner **out, hft_error *error) {
  return hft_mappo_create(spec, false, out, error);
}

const hft_algorithm hft_mappo = {&mappo_section, create_mappo, hft_mappo_free, update,
                                 tensors,        actor_of,     shares};
const hft_algorithm hft_ippo = {&ippo_section, create_ippo, hft_mappo_free, update,
                                tensors,       actor_of,    shares};
