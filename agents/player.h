// What learns for the seats of a role, or for one of them: an actor, a critic, their optimisers,
// the standardisation of their inputs, and what a rollout of them is written to. Everything is
// allocated once.
#ifndef HFTSIM_AGENTS_PLAYER_H
#define HFTSIM_AGENTS_PLAYER_H

#include "agents/learner.h"
#include "agents/nn/adam.h"
#include "agents/nn/scaler.h"

// Moments of the inputs that one block has met in a rollout.
typedef struct hft_player_block {
  hft_scaler obs, state;
  double reward, live;  // sum of rewards, rows
  // Inputs that were not finite, which the moments leave out and networks see as 0 or at the clip,
  // and rewards that were not finite, whose rows are not learned from.
  double left_out;
  double gain, ends;  // sum of the returns of seats whose episodes ended, and their number
} hft_player_block;

// Lanes are the seats of all envs: lane = env x seats + seat. T steps of a rollout.
typedef struct hft_player {
  int group, first_seat, seats;
  const hft_group *of;
  char name[HFT_NAME_SIZE + 8];  // "maker", or "maker_0" where seats do not share
  int lanes, steps, blocks;
  int obs_dim, state_dim, input_dim, mask_dim, axis_count;  // input_dim: of the critic
  hft_actor *actor;
  hft_net *critic;
  int64_t actor_count, actor_net_count, critic_count;  // parameters; those of the actor's net
  int actor_gru, critic_gru;
  // What is learned.
  float *critic_params, *actor_m, *actor_v, *critic_m, *critic_v;
  hft_adam actor_adam, critic_adam;
  hft_scaler obs_scaler, state_scaler;
  float *state_shift, *state_factor;
  hft_value_scale value_scale;
  // Of lanes, from a rollout to the next.
  uint8_t *out;                       // 1: the seat waits for the end of the episode
  float *actor_state, *critic_state;  // [lanes][gru]; null without a GRU
  // A rollout, [T][lanes] unless noted. Inputs are standardised.
  float *obs;     // [T + 1][lanes][obs_dim]
  float *input;   // [T + 1][lanes][input_dim]: of the critic; `obs` where they are the same
  uint8_t *mask;  // [T][lanes][mask_dim]; null without choices
  float *raw;     // [T][lanes][axis_count]
  float *log_prob, *reward, *final_value;
  float *value;  // [T + 1][lanes]: in units of the reward
  uint8_t *live, *goes_on, *restart;
  float *actor_start, *critic_start;  // [lanes][gru]: before the first step
  float *advantage, *target;          // target: of the critic, in its unit
  hft_player_block *block;            // [blocks]
  void *memory;
} hft_player;

// Makes the player of `seats` seats of a group from `first_seat` on, with initial parameters.
// `central`: the critic sees the state, too. EINVAL, ECONFIG (network.bias), ENOMEM. The caller
// frees it with hft_player_free, also after a failure.
hft_status hft_player_create(const hft_learner_spec *spec, int group, int first_seat, int seats,
                             bool central, hft_player *player, hft_error *error);
void hft_player_free(hft_player *player);
// Takes the moments of the inputs of a rollout, block by block, into the running ones.
void hft_player_see(hft_player *player);
// Standardises from now on by the running moments.
void hft_player_map(hft_player *player);
// Lists the arrays of the state. Returns their number, at most HFT_PLAYER_TENSORS.
#define HFT_PLAYER_TENSORS 24
int hft_player_tensors(hft_player *player, hft_tensor *tensor);

#endif
