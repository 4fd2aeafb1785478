// A market maker without a server: 64 markets in this process, each with one maker seat that leans
// its quotes against its inventory. Prints the mean return of the episodes.
//
//   cc market_maker.c $(pkg-config --cflags --libs hftsim) -o market_maker
#include <hftsim.h>
#include <stdio.h>
#include <stdlib.h>

#define ENVS 64
#define EPISODES 128

static void check(const hftsim *sim, int status) {
  if (status == HFTSIM_OK) return;
  fprintf(stderr, "%s: %s (at %s)\n", hftsim_status_name(status), hftsim_error_text(sim),
          hftsim_error_where(sim));
  exit(1);
}

static float clip(float x, float low, float high) {
  return x < low ? low : x > high ? high : x;
}

int main(void) {
  hftsim *sim = hftsim_create();
  if (sim == NULL) return 1;
  check(sim, hftsim_load(sim, "market_making"));
  check(sim, hftsim_set(sim, "env_config.episode_len", "200"));
  check(sim, hftsim_start(sim, ENVS, 0, 1));

  // docs/environment.md lists the arrays and their content.
  int obs = hftsim_array_find(sim, "obs/maker"), action = hftsim_array_find(sim, "action/maker");
  int obs_dim = (int)hftsim_array_dim(sim, obs, 2), dim = (int)hftsim_array_dim(sim, action, 2);
  int inventory = hftsim_index_find(sim, obs, "inventory");
  int bid = hftsim_index_find(sim, action, "bid_offset");
  int ask = hftsim_index_find(sim, action, "ask_offset");
  const float *seen = hftsim_array_data(sim, obs);
  float *act = hftsim_array_data(sim, action);  // all 0, with which both quotes stand

  int episodes = 0;
  double sum = 0;
  check(sim, hftsim_reset(sim, NULL));
  while (episodes < EPISODES) {
    for (int i = 0; i < ENVS; i++) {
      float lean = seen[i * obs_dim + inventory];  // long: bid lower, ask lower
      act[i * dim + bid] = clip(-0.5f + lean, -1, 1);
      act[i * dim + ask] = clip(-0.5f - lean, -1, 1);
    }
    check(sim, hftsim_step(sim));
    const float *returned = hftsim_array_data(sim, hftsim_array_find(sim, "return/maker"));
    for (int i = 0; i < hftsim_ended_count(sim); i++, episodes++) sum += returned[i];
  }
  printf("%d episodes, mean return %.1f ticks x lots\n", episodes, sum / episodes);
  hftsim_free(sim);
  return 0;
}
