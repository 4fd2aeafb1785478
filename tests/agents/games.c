#include "tests/agents/games.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define SEATS_MAX 3
#define OBS_MAX 4
#define CHOICES_MAX 5

// An env of any game.
typedef struct cell {
  hft_rng rng;
  int32_t t, room;
  float x[SEATS_MAX];
  float gain[SEATS_MAX];
  uint8_t dead[SEATS_MAX];
  uint8_t mask[CHOICES_MAX];
} cell;

typedef struct rules {
  int seats, obs_dim, state_dim, choices, numbers, length;
  bool is_cut;  // the end is a truncation
} rules;

static const rules table[GAMES] = {
    [GAME_QUADRATIC] = {2, 1, 1, 0, 1, 1, false}, [GAME_CLIMBING] = {2, 1, 0, 3, 1, 1, false},
    [GAME_PENALTY] = {2, 1, 0, 3, 1, 1, false},   [GAME_MEMORY] = {1, 2, 0, 2, 1, 5, false},
    [GAME_BANDIT] = {1, 1, 0, 5, 1, 1, false},    [GAME_ROOMS] = {1, 3, 0, 2, 1, 1, true},
    [GAME_LIVES] = {3, 4, 2, 0, 2, 17, true}};

typedef struct block {
  hft_worlds worlds;
  hft_worlds_shape shape;
  hft_group group;
  int32_t choice_count[1];
  game kind;
  const rules *is;
  int first_env;
  cell *cell;
  float *obs, *state, *reward, *final_obs, *final_state, *final_return, *action;
  uint8_t *mask, *terminated, *truncated, *ended;
  int32_t *final_env;
} block;

static atomic_int forbidden;

int game_forbidden(void) {
  return atomic_load(&forbidden);
}

double game_bandit_pay(int c) {
  static const double pay[] = {0.1, 0.9, 0.5, 0.7, 0.3};
  return pay[c];
}

static const double cost[] = {1, 1.5};
#define CROSS 0.5

// Both first-order conditions: x = 2 k_i a_i + c a_j.
double game_quadratic_action(int i, double x) {
  double det = 4 * cost[0] * cost[1] - CROSS * CROSS;
  return x * (2 * cost[1 - i] - CROSS) / det;
}

double game_matrix_reward(game kind, int a, int b) {
  static const double climbing[3][3] = {{11, -30, 0}, {-30, 7, 6}, {0, 0, 5}};
  static const double penalty[3][3] = {{10, 0, -10}, {0, 2, 0}, {-10, 0, 10}};
  return kind == GAME_CLIMBING ? climbing[a][b] : penalty[a][b];
}

static float uniform(hft_rng *rng) {
  return (float)(hft_rng_u32(rng) >> 8) * 0x1p-24F;
}

static void begin_cell(const block *b, cell *c) {
  c->t = 0;
  memset(c->gain, 0, sizeof c->gain);
  memset(c->dead, 0, sizeof c->dead);
  c->room = (int32_t)(3 * uniform(&c->rng));
  for (int s = 0; s < b->is->seats; s++) c->x[s] = uniform(&c->rng);
}

static void show_mask(const block *b, cell *c) {
  int most = b->is->choices < CHOICES_MAX ? b->is->choices : CHOICES_MAX;
  if (most == 0) return;
  memset(c->mask, 1, sizeof c->mask);
  if (b->kind != GAME_BANDIT) return;
  for (int k = 0; k < most; k++) c->mask[k] = uniform(&c->rng) < 0.5F;
  int allowed = (int)((float)most * uniform(&c->rng));
  if (allowed < most) c->mask[allowed] = 1;
}

static void show(const block *b, const cell *c, float *obs, float *state) {
  const int dim = b->is->obs_dim;
  for (int s = 0; s < b->is->seats; s++) {
    float *o = obs + s * dim;
    memset(o, 0, (size_t)dim * sizeof *o);
    switch (b->kind) {
      case GAME_QUADRATIC:
        o[0] = 0.5F + c->x[0];
        break;
      case GAME_MEMORY:
        o[0] = c->t > 0 ? 0 : c->x[0] < 0.5F ? -1.0F : 1.0F;
        o[1] = (float)c->t;
        break;
      case GAME_ROOMS:
        o[c->room] = 1;
        break;
      case GAME_LIVES:
        o[0] = c->x[s];
        o[1] = (float)c->t / 17;
        o[2] = (float)s;
        break;
      default:
        break;
    }
  }
  for (int k = 0; k < b->is->state_dim; k++) state[k] = c->x[k];
}

static float pay(block *b, cell *c, int seat, const float *action) {
  const int axes = b->is->numbers;
  const float *own = action + seat * axes;
  int choice = (int)own[0];
  switch (b->kind) {
    case GAME_QUADRATIC: {
      double x = (double)c->x[0] + 0.5, mine = (double)own[0], other = (double)action[1 - seat];
      mine = mine > 1 ? 1 : mine < -1 ? -1 : mine;
      other = other > 1 ? 1 : other < -1 ? -1 : other;
      return (float)(mine * (x - cost[seat] * mine - CROSS * other));
    }
    case GAME_CLIMBING:
    case GAME_PENALTY:
      return (float)game_matrix_reward(b->kind, (int)action[0], (int)action[1]);
    case GAME_MEMORY:
      return c->t == 4 && choice == (c->x[0] < 0.5F ? 0 : 1) ? 1.0F : 0.0F;
    case GAME_BANDIT:
      if (c->mask[choice] == 0) atomic_fetch_add(&forbidden, 1);
      return (float)game_bandit_pay(choice);
    case GAME_ROOMS: {
      int from = c->room;
      if (from == 0) c->room = choice == 0 ? 1 : 2;
      return from == 2 || (from == 0 && choice == 0) ? 1.0F : 0.0F;
    }
    default:
      c->x[seat] += 0.1F * own[0] + uniform(&c->rng) - 0.5F;
      return c->x[seat] * own[1];
  }
}

static void step_cell(block *b, int i) {
  cell *c = &b->cell[i];
  const rules *is = b->is;
  int64_t first = (int64_t)i * is->seats, live = 0;
  const float *action = b->action + first * is->numbers;
  for (int s = 0; s < is->seats; s++) {
    float reward = c->dead[s] ? 0 : pay(b, c, s, action);
    b->reward[first + s] = reward;
    c->gain[s] += reward;
    b->terminated[first + s] = 0;
    if (b->kind == GAME_LIVES && !c->dead[s] && uniform(&c->rng) < 0.05F) {
      b->terminated[first + s] = c->dead[s] = 1;
    }
    live += !c->dead[s];
  }
  c->t++;
  b->truncated[i] = is->is_cut && c->t == is->length;
  b->ended[i] = c->t == is->length || live == 0;
  if (b->ended[i]) {
    int k = b->worlds.view.final_count++;
    b->final_env[k] = i;
    show(b, c, b->final_obs + (int64_t)k * is->seats * is->obs_dim,
         b->final_state + (int64_t)k * is->state_dim);
    memcpy(b->final_return + (int64_t)k * is->seats, c->gain, (size_t)is->seats * sizeof(float));
    begin_cell(b, c);
  }
  show_mask(b, c);
  show(b, c, b->obs + first * is->obs_dim, b->state + (int64_t)i * is->state_dim);
  for (int s = 0; s < is->seats && is->choices > 0; s++) {
    memcpy(b->mask + (first + s) * is->choices, c->mask, (size_t)is->choices);
  }
}

static void show_all(block *b) {
  for (int i = 0; i < b->worlds.envs; i++) {
    int64_t first = (int64_t)i * b->is->seats;
    show(b, &b->cell[i], b->obs + first * b->is->obs_dim, b->state + (int64_t)i * b->is->state_dim);
    for (int s = 0; s < b->is->seats && b->is->choices > 0; s++) {
      memcpy(b->mask + (first + s) * b->is->choices, b->cell[i].mask, (size_t)b->is->choices);
    }
  }
  b->worlds.view.final_count = 0;
}

static void begin(hft_worlds *worlds, uint64_t seed) {
  block *b = (block *)worlds;
  for (int i = 0; i < worlds->envs; i++) {
    b->cell[i].rng = hft_rng_stream(seed, (uint32_t)(b->first_env + i), 1);
    begin_cell(b, &b->cell[i]);
    show_mask(b, &b->cell[i]);
  }
  show_all(b);
}

static void step(hft_worlds *worlds) {
  block *b = (block *)worlds;
  int numbers = worlds->envs * b->is->seats * b->is->numbers;
  worlds->view.final_count = 0;
  // Choices come as whole numbers of 32 bits.
  for (int i = 0; i < numbers && b->is->choices > 0; i++) {
    int32_t choice;
    memcpy(&choice, &b->action[i], sizeof choice);
    b->action[i] = (float)choice;
  }
  for (int i = 0; i < worlds->envs; i++) step_cell(b, i);
}

static size_t save_size(const hft_worlds *worlds) {
  return (size_t)worlds->envs * sizeof(cell);
}

static hft_status save(const hft_worlds *worlds, void *bytes, hft_error *error) {
  (void)error;
  memcpy(bytes, ((const block *)worlds)->cell, save_size(worlds));
  return HFT_OK;
}

static hft_status load(hft_worlds *worlds, const void *bytes, hft_error *error) {
  (void)error;
  memcpy(((block *)worlds)->cell, bytes, save_size(worlds));
  show_all((block *)worlds);
  return HFT_OK;
}

static void free_block(hft_worlds *worlds) {
  block *b = (block *)worlds;
  void *const arrays[] = {b->cell,   b->obs,       b->state,       b->reward,     b->final_obs,
                          b->mask,   b->truncated, b->ended,       b->terminated, b->final_state,
                          b->action, b->final_env, b->final_return};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) free(arrays[i]);
  free(b);
}

static void *zeroes(int a, int b, int c, size_t size) {
  void *made = calloc((size_t)(a * b * c) + 1, size);
  if (made == NULL) abort();
  return made;
}

hft_worlds *game_create(game kind, int envs, int first_env) {
  block *b = zeroes(1, 1, 1, sizeof *b);
  const rules *is = &table[kind];
  b->kind = kind;
  b->is = is;
  b->first_env = first_env;
  b->choice_count[0] = is->choices;
  b->group = (hft_group){.role_name = "player",
                         .control = HFT_CONTROL_EXTERNAL,
                         .seat_count = is->seats,
                         .obs_dim = is->obs_dim,
                         .axis_count = is->numbers,
                         .role_axes = is->numbers,
                         .action_dim = is->numbers,
                         .mask_dim = is->choices,
                         .choice_count = is->choices > 0 ? b->choice_count : NULL};
  b->shape = (hft_worlds_shape){1, &b->group, is->state_dim, NULL,
                                is->choices > 0 ? HFT_ACTION_MULTI_DISCRETE : HFT_ACTION_BOX};
  b->cell = zeroes(envs, 1, 1, sizeof *b->cell);
  b->obs = zeroes(envs, is->seats, is->obs_dim, sizeof(float));
  b->final_obs = zeroes(envs, is->seats, is->obs_dim, sizeof(float));
  b->state = zeroes(envs, is->state_dim, 1, sizeof(float));
  b->final_state = zeroes(envs, is->state_dim, 1, sizeof(float));
  b->reward = zeroes(envs, is->seats, 1, sizeof(float));
  b->final_return = zeroes(envs, is->seats, 1, sizeof(float));
  b->action = zeroes(envs, is->seats, is->numbers, sizeof(float));
  b->mask = zeroes(envs, is->seats, is->choices, 1);
  b->terminated = zeroes(envs, is->seats, 1, 1);
  b->truncated = zeroes(envs, 1, 1, 1);
  b->ended = zeroes(envs, 1, 1, 1);
  b->final_env = zeroes(envs, 1, 1, sizeof(int32_t));
  b->worlds = (hft_worlds){.shape = &b->shape,
                           .envs = envs,
                           .action = {b->action},
                           .begin = begin,
                           .step = step,
                           .save_size = save_size,
                           .save = save,
                           .load = load,
                           .free = free_block};
  b->worlds.view = (hft_worlds_view){.obs = {b->obs},
                                     .mask = {is->choices > 0 ? b->mask : NULL},
                                     .state = b->state,
                                     .reward = {b->reward},
                                     .terminated = {b->terminated},
                                     .truncated = b->truncated,
                                     .ended = b->ended,
                                     .final_env = b->final_env,
                                     .final_obs = {b->final_obs},
                                     .final_state = b->final_state,
                                     .final_return = {b->final_return}};
  return &b->worlds;
}
