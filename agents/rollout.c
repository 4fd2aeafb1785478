#include "agents/rollout.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/base/arena.h"

#define STREAM_ACTIONS 0x616374U  // of the seed: exploration of a block

// Scratch memory of one block for one player; rows: its lanes.
typedef struct scratch {
  float *work;          // of either network
  float *y;             // [rows][outputs of the actor]
  float *seen;          // [rows][obs_dim]: observations of a player among others of its group
  float *input;         // [rows][input_dim]: final observations
  float *state;         // [rows][gru]: of the critic at final observations
  float *value;         // [rows]
  float *sent;          // [axis_count]
  float *end;           // [rows][gru]
  int32_t *final_lane;  // [rows]
} scratch;

struct hft_rollout {
  hft_worlds *const *block;
  int blocks, envs, players, steps;
  bool is_float, bootstrap;
  hft_player *player;
  hft_crew *crew;
  hft_phases *clocks;
  hft_rng *rng;      // [blocks]
  scratch *scratch;  // [blocks][players]
  void *memory;
};

double hft_phases_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// ---- creation ----------------------------------------------------------------------------------

static void *reserve(void *memory, size_t *total, size_t count, size_t size) {
  size_t offset = hft_layout_add(total, count * size);
  return memory == NULL ? NULL : hft_at(memory, offset);
}

static void lay_out_scratch(const hft_player *p, int envs, void *memory, size_t *total,
                            scratch *s) {
  const size_t f = sizeof(float);
  const int rows = envs * p->seats;
  size_t work = hft_net_work_size(p->actor->net, 1, rows);
  size_t other = hft_net_work_size(p->critic, 1, rows);
  int gru = p->actor_gru > p->critic_gru ? p->actor_gru : p->critic_gru;
  scratch made = {0};
  made.work = reserve(memory, total, work > other ? work : other, f);
  made.y = reserve(memory, total, (size_t)rows * (size_t)hft_head_outputs(p->actor->head), f);
  made.seen = reserve(memory, total, (size_t)rows * (size_t)p->obs_dim, f);
  made.input = reserve(memory, total, (size_t)rows * (size_t)p->input_dim, f);
  made.state = reserve(memory, total, (size_t)rows * (size_t)gru, f);
  made.end = reserve(memory, total, (size_t)rows * (size_t)gru, f);
  made.value = reserve(memory, total, (size_t)rows, f);
  made.sent = reserve(memory, total, (size_t)p->axis_count, f);
  made.final_lane = reserve(memory, total, (size_t)rows, sizeof(int32_t));
  if (memory != NULL) *s = made;
}

static size_t lay_out(hft_rollout *r, void *memory) {
  size_t total = 0;
  r->rng = reserve(memory, &total, (size_t)r->blocks, sizeof *r->rng);
  r->scratch = reserve(memory, &total, (size_t)r->blocks * (size_t)r->players, sizeof *r->scratch);
  for (int b = 0; b < r->blocks; b++) {
    for (int i = 0; i < r->players; i++) {
      scratch *s = memory == NULL ? NULL : &r->scratch[b * r->players + i];
      lay_out_scratch(&r->player[i], r->envs, memory, &total, s);
    }
  }
  return total;
}

hft_status hft_rollout_create(const hft_learner_spec *spec, hft_player *player, int players,
                              bool bootstrap, hft_phases *clocks, hft_rollout **out,
                              hft_error *error) {
  *out = NULL;
  hft_rollout *r = calloc(1, sizeof *r);
  if (r == NULL) return hft_fail(error, HFT_ENOMEM, "rollout", "out of memory");
  *r = (hft_rollout){.block = spec->block,
                     .blocks = spec->blocks,
                     .envs = spec->block[0]->envs,
                     .players = players,
                     .steps = spec->rollout_steps,
                     .is_float = hft_action_is_float(spec->shape->action_space),
                     .bootstrap = bootstrap,
                     .player = player,
                     .crew = spec->crew,
                     .clocks = clocks};
  size_t size = lay_out(r, NULL);
  r->memory = aligned_alloc(HFT_CACHE_LINE, size);
  if (r->memory == NULL) {
    free(r);
    return hft_fail(error, HFT_ENOMEM, "rollout", "out of memory");
  }
  memset(r->memory, 0, size);
  lay_out(r, r->memory);
  for (int b = 0; b < r->blocks; b++) {
    r->rng[b] = hft_rng_stream(spec->seed, (uint32_t)b, STREAM_ACTIONS);
  }
  *out = r;
  return HFT_OK;
}

void hft_rollout_free(hft_rollout *rollout) {
  if (rollout == NULL) return;
  free(rollout->memory);
  free(rollout);
}

hft_rng *hft_rollout_streams(hft_rollout *rollout) {
  return rollout->rng;
}

// ---- a player in a block -----------------------------------------------------------------------

// One player in one block at one step. Rows of the player's arrays begin at `row`.
typedef struct turn {
  hft_rollout *rollout;
  hft_worlds *worlds;
  hft_player *p;
  hft_player_block *sums;
  scratch *s;
  hft_rng *rng;
  int t, lane, rows;  // lane: the block's first; rows: its lanes
  int64_t row;        // t x lanes + lane
} turn;

static turn turn_of(hft_rollout *r, int b, int i, int t) {
  hft_player *p = &r->player[i];
  int rows = r->envs * p->seats;
  turn made = {r,          r->block[b], p,        &p->block[b], &r->scratch[b * r->players + i],
               &r->rng[b], t,           b * rows, rows,         0};
  made.row = (int64_t)t * p->lanes + made.lane;
  return made;
}

// Index of a lane among the seats of all envs of the block.
static int64_t seat_of(const turn *u, int i) {
  const hft_player *p = u->p;
  if (p->seats == p->of->seat_count) return i;
  return (int64_t)(i / p->seats) * p->of->seat_count + p->first_seat + i % p->seats;
}

// Writes the standardised inputs of the networks: obs[rows][obs_dim], input[rows][input_dim].
static void standardise(const turn *u, const float *obs, const float *state, float *to_obs,
                        float *to_input) {
  const hft_player *p = u->p;
  const hft_actor *actor = p->actor;
  const int64_t dim = p->obs_dim;
  hft_standardise(obs, dim, u->rows, p->obs_dim, actor->shift, actor->factor, to_obs, dim);
  if (to_input == to_obs) return;
  hft_standardise(obs, dim, u->rows, p->obs_dim, actor->shift, actor->factor, to_input,
                  p->input_dim);
  for (int s = 0; s < p->seats; s++) {
    hft_standardise(state, p->state_dim, u->rows / p->seats, p->state_dim, p->state_shift,
                    p->state_factor, to_input + (int64_t)s * p->input_dim + dim,
                    (int64_t)p->seats * p->input_dim);
  }
}

// The observations of the player's seats, without gaps.
static const float *observations(const turn *u) {
  const hft_player *p = u->p;
  const float *obs = u->worlds->view.obs[p->group];
  if (p->seats == p->of->seat_count) return obs;
  for (int i = 0; i < u->rows; i++) {
    memcpy(u->s->seen + (int64_t)i * p->obs_dim, obs + seat_of(u, i) * p->obs_dim,
           (size_t)p->obs_dim * sizeof(float));
  }
  return u->s->seen;
}

static void take_inputs(const turn *u, bool sum) {
  const hft_player *p = u->p;
  const float *obs = observations(u), *state = u->worlds->view.state;
  standardise(u, obs, state, p->obs + u->row * p->obs_dim, p->input + u->row * p->input_dim);
  if (!sum) return;
  u->sums->left_out += (double)hft_scaler_add(&u->sums->obs, obs, u->rows);
  if (p->state_dim == 0) return;
  u->sums->left_out += (double)hft_scaler_add(&u->sums->state, state, u->rows / p->seats);
}

// The critic's outputs in units of the reward. `end`: the memory afterwards; null: not wanted.
static void values(const turn *u, const float *input, int rows, const float *state, float *end,
                   float *value) {
  const hft_player *p = u->p;
  const hft_net_batch batch = {.steps = 1, .rows = rows, .x = input, .state = state};
  hft_net_forward(p->critic, p->critic_params, &batch, u->s->work, value, end);
  const float mean = (float)p->value_scale.mean, unit = (float)p->value_scale.deviation;
  for (int i = 0; i < rows; i++) value[i] = mean + unit * value[i];
}

// Runs a critic without changing what seats remember, or with it.
static void take_values(const turn *u, bool remember) {
  hft_player *p = u->p;
  float *state = p->critic_gru > 0 ? p->critic_state + (int64_t)u->lane * p->critic_gru : NULL;
  values(u, p->input + u->row * p->input_dim, u->rows, state, u->s->end, p->value + u->row);
  if (state == NULL || !remember) return;
  memcpy(state, u->s->end, (size_t)(u->rows * p->critic_gru) * sizeof(float));
}

static void send(const turn *u, int i, const float *sent) {
  const hft_player *p = u->p;
  const int axes = p->axis_count;
  int64_t at = seat_of(u, i) * axes;
  if (u->rollout->is_float) {
    memcpy((float *)u->worlds->action[p->group] + at, sent, (size_t)axes * sizeof *sent);
    return;
  }
  int32_t *action = (int32_t *)u->worlds->action[p->group] + at;
  for (int k = 0; k < axes; k++) action[k] = (int32_t)sent[k];
}

static void draw_actions(const turn *u) {
  const hft_player *p = u->p;
  const hft_actor *actor = p->actor;
  const float *head_params = actor->params + p->actor_net_count;
  const int outputs = hft_head_outputs(actor->head);
  for (int i = 0; i < u->rows; i++) {
    uint8_t *mask = NULL;
    if (p->mask_dim > 0) {
      mask = p->mask + (u->row + i) * p->mask_dim;
      memcpy(mask, u->worlds->view.mask[p->group] + seat_of(u, i) * p->mask_dim,
             (size_t)p->mask_dim);
    }
    p->log_prob[u->row + i] =
        hft_head_sample(actor->head, head_params, u->s->y + (int64_t)i * outputs, mask, u->rng,
                        p->raw + (u->row + i) * p->axis_count, u->s->sent);
    send(u, i, u->s->sent);
  }
}

static void act(const turn *u) {
  hft_player *p = u->p;
  take_inputs(u, true);
  float *state = p->actor_gru > 0 ? p->actor_state + (int64_t)u->lane * p->actor_gru : NULL;
  const hft_net_batch batch = {
      .steps = 1, .rows = u->rows, .x = p->obs + u->row * p->obs_dim, .state = state};
  hft_net_forward(p->actor->net, p->actor->params, &batch, u->s->work, u->s->y, u->s->end);
  if (state != NULL) memcpy(state, u->s->end, (size_t)(u->rows * p->actor_gru) * sizeof(float));
  draw_actions(u);
  take_values(u, true);
  const uint8_t *controlled = u->worlds->view.controlled[p->group];
  for (int i = 0; i < u->rows; i++) {
    bool away = controlled != NULL && controlled[seat_of(u, i)] != 0;
    p->live[u->row + i] = p->out[u->lane + i] == 0 && !away;
  }
}

// ---- what became of a step ---------------------------------------------------------------------

// Values of the last observations of episodes that were cut off. Seats that are out have none.
static void take_finals(const turn *u) {
  hft_player *p = u->p;
  const hft_worlds_view *view = &u->worlds->view;
  scratch *s = u->s;
  int rows = 0;
  for (int k = 0; k < view->final_count; k++) {
    int env = view->final_env[k];
    if (view->truncated[env] == 0) continue;
    for (int j = 0; j < p->seats; j++) {
      int i = env * p->seats + j;
      if (p->out[u->lane + i] != 0) continue;
      int64_t seat = (int64_t)k * p->of->seat_count + p->first_seat + j;
      float *input = s->input + (int64_t)rows * p->input_dim;
      hft_standardise(view->final_obs[p->group] + seat * p->obs_dim, p->obs_dim, 1, p->obs_dim,
                      p->actor->shift, p->actor->factor, input, p->input_dim);
      if (p->state_dim > 0) {
        hft_standardise(view->final_state + (int64_t)k * p->state_dim, p->state_dim, 1,
                        p->state_dim, p->state_shift, p->state_factor, input + p->obs_dim,
                        p->input_dim);
      }
      if (p->critic_gru > 0) {
        memcpy(s->state + (int64_t)rows * p->critic_gru,
               p->critic_state + (int64_t)(u->lane + i) * p->critic_gru,
               (size_t)p->critic_gru * sizeof(float));
      }
      s->final_lane[rows++] = i;
    }
  }
  if (rows == 0) return;
  values(u, s->input, rows, p->critic_gru > 0 ? s->state : NULL, NULL, s->value);
  for (int k = 0; k < rows; k++) p->final_value[u->row + s->final_lane[k]] = s->value[k];
}

// Episodes that ended: the next decisions of their seats are the first of the next ones.
static void begin_next(const turn *u, int i) {
  hft_player *p = u->p;
  const int64_t lane = u->lane + i;
  p->out[lane] = 0;
  if (p->actor_gru == 0) return;
  memset(p->actor_state + lane * p->actor_gru, 0, (size_t)p->actor_gru * sizeof(float));
  memset(p->critic_state + lane * p->critic_gru, 0, (size_t)p->critic_gru * sizeof(float));
}

static void note(const turn *u) {
  hft_player *p = u->p;
  const hft_worlds_view *view = &u->worlds->view;
  for (int i = 0; i < u->rows; i++) {
    int64_t row = u->row + i, seat = seat_of(u, i);
    if (view->terminated[p->group][seat] != 0) p->out[u->lane + i] = 1;
    if (p->live[row] && !isfinite(view->reward[p->group][seat])) {
      p->live[row] = 0;
      u->sums->left_out += 1;
    }
    p->reward[row] = p->live[row] ? view->reward[p->group][seat] : 0;
    p->goes_on[row] = p->out[u->lane + i] == 0 && view->ended[i / p->seats] == 0;
    p->final_value[row] = 0;
    u->sums->reward += (double)p->reward[row];
    u->sums->live += p->live[row];
  }
  if (u->rollout->bootstrap && view->final_count > 0) take_finals(u);
  for (int k = 0; k < view->final_count; k++) {
    for (int j = 0; j < p->seats; j++) {
      int64_t seat = (int64_t)k * p->of->seat_count + p->first_seat + j;
      u->sums->gain += (double)view->final_return[p->group][seat];
      u->sums->ends += 1;
    }
  }
  for (int i = 0; i < u->rows; i++) {
    bool ended = view->ended[i / p->seats] != 0;
    if (ended) begin_next(u, i);
    if (u->t + 1 < p->steps) p->restart[u->row + p->lanes + i] = ended;
  }
}

// ---- blocks ------------------------------------------------------------------------------------

static void begin_rollout(const turn *u) {
  hft_player *p = u->p;
  u->sums->reward = u->sums->live = u->sums->gain = u->sums->ends = u->sums->left_out = 0;
  memset(p->restart + u->row, 0, (size_t)u->rows);
  if (p->actor_gru == 0) return;
  int64_t actor = (int64_t)u->lane * p->actor_gru, critic = (int64_t)u->lane * p->critic_gru;
  memcpy(p->actor_start + actor, p->actor_state + actor,
         (size_t)(u->rows * p->actor_gru) * sizeof(float));
  memcpy(p->critic_start + critic, p->critic_state + critic,
         (size_t)(u->rows * p->critic_gru) * sizeof(float));
}

static void play_block(void *context, int thread, int b) {
  hft_rollout *r = context;
  hft_phases *clock = &r->clocks[thread];
  double began = hft_phases_now();
  for (int i = 0; i < r->players; i++) {
    turn u = turn_of(r, b, i, 0);
    begin_rollout(&u);
  }
  for (int t = 0; t < r->steps; t++) {
    for (int i = 0; i < r->players; i++) {
      turn u = turn_of(r, b, i, t);
      act(&u);
    }
    double before = hft_phases_now();
    r->block[b]->step(r->block[b]);
    double after = hft_phases_now();
    clock->forward += before - began;
    clock->simulation += after - before;
    began = after;
    for (int i = 0; i < r->players; i++) {
      turn u = turn_of(r, b, i, t);
      note(&u);
    }
  }
  for (int i = 0; i < r->players; i++) {
    turn u = turn_of(r, b, i, r->steps);
    take_inputs(&u, false);
    take_values(&u, false);
  }
  clock->forward += hft_phases_now() - began;
}

void hft_rollout_play(hft_rollout *rollout, int steps) {
  rollout->steps = steps;
  hft_crew_run_threads(rollout->crew, rollout->blocks, play_block, rollout);
}
