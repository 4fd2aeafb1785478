// Benchmark of learning: updates of an actor and a critic on a batch, whole MAPPO training, and
// matrix products. bench/peers/learn_torch.py does the same in PyTorch.
#ifndef HFTSIM_BENCH_LEARN_H
#define HFTSIM_BENCH_LEARN_H

#include "agents/crew.h"
#include "sim/base/status.h"
#include "sim/env/env.h"

// What both sides do. Sizes are those of the group of seats that learns.
typedef struct hft_bench_recipe {
  int obs, state, axes;  // numbers in an observation, a state and an action
  int hidden;            // units of each of the two hidden layers
  int envs, steps;       // of a rollout
  int epochs, minibatches;
  double lr, gamma, lam, clip, gradient_norm, deviation;
} hft_bench_recipe;

// The study's recipe for the first external group of a spec, a box.
hft_bench_recipe hft_bench_recipe_of(const hft_env_spec *spec);

// ---- updates -----------------------------------------------------------------------------------

// Opaque handle: actor, critic, optimisers and a batch of random rows. An update is the clipped
// loss of PPO for the actor and Huber's for the critic, gradients clipped by their norm, and Adam.
typedef struct hft_bench_update hft_bench_update;

// A batch of `rows`, worked on by the threads of a crew, which is borrowed. ENOMEM. The caller
// frees *out.
hft_status hft_bench_update_create(const hft_bench_recipe *recipe, int rows, hft_crew *crew,
                                   hft_bench_update **out, hft_error *error);
void hft_bench_update_free(hft_bench_update *update);
// One update. No allocation.
void hft_bench_update_run(hft_bench_update *update);
// The actor's and the critic's loss at the last update, means over the batch.
void hft_bench_update_losses(const hft_bench_update *update, double losses[2]);

// ---- whole training ----------------------------------------------------------------------------

// Opaque handle: MAPPO of the recipe on environments of a model.
typedef struct hft_bench_training hft_bench_training;

// What the time of all threads went into: shares of the sum.
typedef struct hft_bench_shares {
  double simulation, forward, backward, waiting;
} hft_bench_shares;

// The recipe's environments of a model, on the threads of a crew; both are borrowed. ENOMEM, and
// errors of the algorithm. The caller frees *out.
hft_status hft_bench_training_create(const hft_env_model *model, const hft_bench_recipe *recipe,
                                     hft_crew *crew, hft_bench_training **out, hft_error *error);
void hft_bench_training_free(hft_bench_training *training);
// Plays one rollout and learns from it. Returns the steps of agents.
int64_t hft_bench_training_run(hft_bench_training *training);
// The shares since creation.
hft_bench_shares hft_bench_training_shares(const hft_bench_training *training);

// ---- matrix products ---------------------------------------------------------------------------

// A matrix product of an update: [m][k] x [k][n], one of them transposed for gradients.
typedef struct hft_bench_gemm_shape {
  const char *what;  // "forward", "weights", "inputs"
  int m, n, k;
  bool transpose_a, transpose_b;
} hft_bench_gemm_shape;

#define HFT_BENCH_GEMM_SHAPES_MAX 32
#define HFT_BENCH_GEMM_PEAK 768  // size of the square product that is OpenBLAS's peak

// The products of one update on pieces of `rows` rows. Returns their number.
int hft_bench_gemm_shapes(const hft_bench_recipe *recipe, int rows,
                          hft_bench_gemm_shape shape[HFT_BENCH_GEMM_SHAPES_MAX]);
// Floating-point operations per second of a product on one thread, repeated for `wall_ns`; of the
// large square product with m == 0. ENOMEM.
hft_status hft_bench_gemm(const hft_bench_gemm_shape *shape, int64_t wall_ns, double *flops,
                          hft_error *error);

#endif
