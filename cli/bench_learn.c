// hftsim bench learn: the speed of learning, next to PyTorch's where there is one.
#include "bench/learn.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/measure.h"
#include "cli/bench.h"
#include "cli/bench_learn.h"
#include "cli/output.h"
#include "cli/setup.h"
#include "cli/stop.h"
#include "sim/pool/pool.h"

#define ROUNDS 5
#define CONFIG "market_making"
#define GEMM_S 0.04  // of the large product in a round; shapes take a quarter

static const int batches[] = {256, 4096};
enum { BATCHES = sizeof batches / sizeof batches[0], TRAIN = BATCHES, SB3, WORKS };
static const char *const work_names[WORKS] = {"update", "update", "train", "sb3"};

typedef struct arguments {
  const char *peer;
  int64_t threads;
  hft_time wall_time;
  bool json;
} arguments;

// Rates of the rounds: ours and the peer's, which took turns.
typedef struct rates {
  double ours[ROUNDS], peer[ROUNDS];
  int peer_threads;
} rates;

typedef struct bench {
  const arguments *arguments;
  hft_bench_recipe recipe;
  hft_env_model *model;
  hft_crew *crew;
  hft_bench_update *update[BATCHES];
  hft_bench_training *training;
  cli_peer peer;
  cli_progress bar;
  int round, work;
  rates rates[WORKS];
  int shapes;
  hft_bench_gemm_shape shape[BATCHES][HFT_BENCH_GEMM_SHAPES_MAX];
  double gemm[BATCHES][HFT_BENCH_GEMM_SHAPES_MAX][ROUNDS], peak[ROUNDS];
} bench;

static bool parse(int argc, char **argv, arguments *a, int *exit_code) {
  const cli_option options[] = {
      {"threads", CLI_INT, &a->threads, "T", "threads of either side (one per core)", 1,
       HFT_THREADS_MAX},
      {"seconds", CLI_DURATION, &a->wall_time, "S",
       "wall-clock time for each kind of work of each side (2)", 0, 0},
      {"peer", CLI_TEXT, &a->peer, "PYTHON",
       "a Python with PyTorch ($HFTSIM_BENCH_PYTHON, or the first that is found; '': none)", 0, 0},
      {"json", CLI_FLAG, &a->json, NULL, "print JSON instead of a table", 0, 0},
  };
  const cli_usage usage = {
      .synopsis = "hftsim bench learn [options]",
      .about =
          "Measures learning on `" CONFIG
          "`: updates a second of actor and critic (two hidden layers of 64, tanh, PPO's clipped "
          "loss, Adam) on batches of 256 and 4096 rows; steps of agents a second of whole MAPPO "
          "training (128 environments x 100 steps, 4 epochs of 4 minibatches); matrix products of "
          "these shapes relative to a large square one. Where there is a Python with PyTorch, the "
          "same networks, batches and algorithm in PyTorch, and PPO of Stable-Baselines3, take "
          "turns with this program's; ratios are medians over the turns.",
      .examples =
          "  hftsim bench learn\n"
          "  hftsim bench learn --peer '' --json\n",
      .options = options,
      .option_count = sizeof options / sizeof options[0],
  };
  return cli_parse(&usage, argc, argv, NULL, exit_code);
}

// ---- measuring ---------------------------------------------------------------------------------

static bool goes_on(void *context, double done) {
  bench *b = context;
  double share = (b->round * WORKS + b->work + done) / (ROUNDS * WORKS);
  return cli_progress_goes_on(&b->bar, share < 1 ? share : 1);
}

static double round_s(const bench *b) {
  return (double)b->arguments->wall_time / (double)HFT_SECOND / ROUNDS;
}

static hft_status run_ours(bench *b, int work, hft_error *error) {
  double begin = cli_now_s(), took = 0, done = 0;
  while (done == 0 || took < round_s(b)) {
    if (work < BATCHES) {
      hft_bench_update_run(b->update[work]);
      done += 1;
    } else {
      done += (double)hft_bench_training_run(b->training);
    }
    took = cli_now_s() - begin;
    if (!goes_on(b, 0)) return hft_fail(error, HFT_EINTR, "bench", "interrupted");
  }
  b->rates[work].ours[b->round] = done / took;
  return HFT_OK;
}

static hft_status run_peer(bench *b, int work, hft_error *error) {
  const hft_progress watch = {goes_on, b};
  char request[64];
  if (work < BATCHES) {
    snprintf(request, sizeof request, "update %d %.6f", batches[work], round_s(b));
  } else {
    snprintf(request, sizeof request, "%s %.6f", work_names[work], round_s(b));
  }
  rates *r = &b->rates[work];
  return cli_peer_rate(&b->peer, request, &watch, &r->peer[b->round], &r->peer_threads, error);
}

static hft_status run_gemm(bench *b, hft_error *error) {
  const int64_t wall_ns = (int64_t)(1e9 * fmin(GEMM_S, round_s(b)));
  const hft_bench_gemm_shape large = {.m = 0};
  hft_status status = hft_bench_gemm(&large, wall_ns, &b->peak[b->round], error);
  for (int batch = 0; batch < BATCHES; batch++) {
    for (int i = 0; i < b->shapes && status == HFT_OK; i++) {
      if (!goes_on(b, 0)) return hft_fail(error, HFT_EINTR, "bench", "interrupted");
      status =
          hft_bench_gemm(&b->shape[batch][i], wall_ns / 4, &b->gemm[batch][i][b->round], error);
    }
  }
  return status;
}

static hft_status run_round(bench *b, hft_error *error) {
  hft_status status = run_gemm(b, error);
  for (b->work = 0; b->work < WORKS && status == HFT_OK; b->work++) {
    bool peer = cli_peer_can(&b->peer, work_names[b->work]);
    // Sides swap the first turn from round to round; Stable-Baselines3 is compared with TRAIN.
    bool peer_first = b->round % 2 == 1;
    if (peer && peer_first) status = run_peer(b, b->work, error);
    if (status == HFT_OK && b->work != SB3) status = run_ours(b, b->work, error);
    if (status == HFT_OK && peer && !peer_first) status = run_peer(b, b->work, error);
  }
  return status;
}

static hft_status measure(bench *b, hft_error *error) {
  for (int batch = 0; batch < BATCHES; batch++) {
    b->shapes = hft_bench_gemm_shapes(&b->recipe, batches[batch], b->shape[batch]);
  }
  hft_status status = HFT_OK;
  for (int work = 0; work <= TRAIN && status == HFT_OK; work++) {  // warm
    status = run_ours(b, work, error);
  }
  for (b->round = 0; b->round < ROUNDS && status == HFT_OK; b->round++) {
    status = run_round(b, error);
  }
  return status;
}

// ---- figures -----------------------------------------------------------------------------------

static double median(const double values[ROUNDS]) {
  double copy[ROUNDS];
  memcpy(copy, values, sizeof copy);
  return hft_sample_median(copy, ROUNDS);
}

// The median over rounds of our rate over the peer's; NaN without a peer.
static double ratio(const bench *b, int work) {
  const double *ours = b->rates[work == SB3 ? TRAIN : work].ours;
  double of_round[ROUNDS];
  if (!cli_peer_can(&b->peer, work_names[work])) return NAN;
  for (int i = 0; i < ROUNDS; i++) of_round[i] = ours[i] / b->rates[work].peer[i];
  return median(of_round);
}

// The fastest of the rounds, which other load on the machine has delayed least.
static double fastest(const double values[ROUNDS]) {
  double best = values[0];
  for (int i = 1; i < ROUNDS; i++) best = fmax(best, values[i]);
  return best;
}

static double shape_share(const bench *b, int batch, int shape) {
  return fastest(b->gemm[batch][shape]) / fastest(b->peak);
}

// The share of the peak at which the shapes of a batch run together: all operations over all time.
static double gemm_share(const bench *b, int batch) {
  double work = 0, time = 0;
  for (int i = 0; i < b->shapes; i++) {
    const hft_bench_gemm_shape *s = &b->shape[batch][i];
    double flops = 2.0 * s->m * s->n * s->k;
    work += flops;
    time += flops / fastest(b->gemm[batch][i]);
  }
  return work / time / fastest(b->peak);
}

// ---- results -----------------------------------------------------------------------------------

static json_t *real_json(double value) {
  return isnan(value) ? json_null() : json_real(value);
}

static json_t *peer_json(const bench *b) {
  json_t *peer = b->peer.about == NULL ? json_object() : json_copy(b->peer.about);
  static const char *const names[WORKS] = {"updates_per_s_256", "updates_per_s_4096",
                                           "agent_steps_per_s", "sb3_agent_steps_per_s"};
  json_t *threads = json_object();
  for (int work = 0; work < WORKS; work++) {
    if (!cli_peer_can(&b->peer, work_names[work])) continue;
    json_object_set_new(peer, names[work], json_real(median(b->rates[work].peer)));
    json_object_set_new(threads, names[work], json_integer(b->rates[work].peer_threads));
  }
  json_object_set_new(peer, "threads", threads);
  json_object_set_new(peer, "note",
                      b->peer.note[0] != '\0' ? json_string(b->peer.note) : json_null());
  return peer;
}

static json_t *gemm_json(const bench *b) {
  json_t *list = json_array();
  for (int batch = 0; batch < BATCHES; batch++) {
    for (int i = 0; i < b->shapes; i++) {
      const hft_bench_gemm_shape *s = &b->shape[batch][i];
      json_array_append_new(
          list, json_pack("{s:s, s:i, s:i, s:i, s:f, s:f}", "product", s->what, "m", s->m, "n",
                          s->n, "k", s->k, "gflops", 1e-9 * fastest(b->gemm[batch][i]), "share",
                          shape_share(b, batch, i)));
    }
  }
  return list;
}

static int print_json(const bench *b) {
  const hft_bench_shares s = hft_bench_training_shares(b->training);
  json_t *shares = json_pack("{s:f, s:f, s:f, s:f}", "simulation", s.simulation, "forward",
                             s.forward, "backward", s.backward, "waiting", s.waiting);
  return cli_print_json(json_pack(
      "{s:s, s:s, s:I, s:i, s:f, s:f, s:o, s:o, s:f, s:o, s:o, s:f, s:f, s:f, s:o, s:o, s:o}",
      "bench", "learn", "config", CONFIG, "threads", (json_int_t)b->arguments->threads, "rounds",
      ROUNDS, "updates_per_s_256", median(b->rates[0].ours), "updates_per_s_4096",
      median(b->rates[1].ours), "update_ratio_256", real_json(ratio(b, 0)), "update_ratio_4096",
      real_json(ratio(b, 1)), "agent_steps_per_s", median(b->rates[TRAIN].ours), "training_ratio",
      real_json(ratio(b, TRAIN)), "sb3_ratio", real_json(ratio(b, SB3)), "gemm_peak_gflops",
      1e-9 * fastest(b->peak), "gemm_share", gemm_share(b, BATCHES - 1), "gemm_share_256",
      gemm_share(b, 0), "gemm", gemm_json(b), "shares", shares, "peer", peer_json(b)));
}

static void print_row(const bench *b, const char *name, const char *unit, int work) {
  const rates *r = &b->rates[work];
  printf("%-22s", name);
  if (work == SB3) {
    printf(" %12.0f", median(b->rates[TRAIN].ours));
  } else {
    printf(" %12.0f", median(r->ours));
  }
  if (cli_peer_can(&b->peer, work_names[work])) {
    printf(" %12.0f %8d %8.2f", median(r->peer), r->peer_threads, ratio(b, work));
  } else {
    printf(" %12s %8s %8s", "-", "-", "-");
  }
  printf("  %s\n", unit);
}

static void print_gemm(const bench *b) {
  printf("\nmatrix products, of OpenBLAS's %.1f Gflop/s on one thread (%d x %d x %d):\n",
         1e-9 * fastest(b->peak), HFT_BENCH_GEMM_PEAK, HFT_BENCH_GEMM_PEAK, HFT_BENCH_GEMM_PEAK);
  for (int batch = 0; batch < BATCHES; batch++) {
    printf("  batch %4d together %3.0f%%:", batches[batch], 100 * gemm_share(b, batch));
    for (int i = 0; i < b->shapes; i++) {
      const hft_bench_gemm_shape *s = &b->shape[batch][i];
      printf("%s %s %dx%dx%d %.0f%%", i % 4 == 0 ? "\n   " : ",", s->what, s->m, s->n, s->k,
             100 * shape_share(b, batch, i));
    }
    printf("\n");
  }
}

static int print_table(const bench *b) {
  const hft_bench_shares s = hft_bench_training_shares(b->training);
  const char *torch = json_string_value(json_object_get(b->peer.about, "torch"));
  const char *python = json_string_value(json_object_get(b->peer.about, "executable"));
  printf("%d threads; peer: PyTorch %s%s%s\n", (int)b->arguments->threads,
         torch != NULL ? torch : "-", python != NULL ? ", " : "", python != NULL ? python : "");
  if (b->peer.note[0] != '\0') printf("%s\n", b->peer.note);
  printf("%-22s %12s %12s %8s %8s\n", "", "hftsim", "peer", "threads", "ratio");
  print_row(b, "update, batch 256", "updates/s", 0);
  print_row(b, "update, batch 4096", "updates/s", 1);
  print_row(b, "training", "steps of agents/s", TRAIN);
  print_row(b, "training, SB3", "steps of agents/s", SB3);
  printf("shares of training: simulation %.0f%%, forward %.0f%%, backward %.0f%%, waiting %.0f%%\n",
         100 * s.simulation, 100 * s.forward, 100 * s.backward, 100 * s.waiting);
  print_gemm(b);
  return cli_end_output();
}

// ---- the run -----------------------------------------------------------------------------------

static hft_status make(bench *b, hft_error *error) {
  const cli_list none = {0};
  hft_config *config = NULL;
  hft_status status = cli_load_config(CONFIG, &none, &config, error);
  if (status == HFT_OK) {
    status = hft_env_model_create(config, hft_catalog_classes, hft_catalog_class_count, &b->model,
                                  error);
  }
  hft_config_free(config);
  if (status != HFT_OK) return status;
  b->recipe = hft_bench_recipe_of(hft_env_model_spec(b->model));
  status = hft_crew_create((int)b->arguments->threads, &b->crew, error);
  for (int i = 0; i < BATCHES && status == HFT_OK; i++) {
    status = hft_bench_update_create(&b->recipe, batches[i], b->crew, &b->update[i], error);
  }
  if (status == HFT_OK) {
    status = hft_bench_training_create(b->model, &b->recipe, b->crew, &b->training, error);
  }
  return status;
}

static hft_status run(bench *b, hft_error *error) {
  const hft_progress watch = {goes_on, b};
  hft_status status = make(b, error);
  if (status == HFT_OK) {
    status = cli_peer_start(b->arguments->peer, &b->recipe, (int)b->arguments->threads, &watch,
                            &b->peer, error);
  }
  if (status == HFT_OK) status = measure(b, error);
  return status;
}

int cli_bench_learn(int argc, char **argv) {
  arguments a = {.threads = cli_bench_envs_default(1).threads, .wall_time = 2 * HFT_SECOND};
  int exit_code;
  if (!parse(argc, argv, &a, &exit_code)) return exit_code;
  cli_stop_install();
  hft_error error = {0};
  static bench b;  // too large for the stack of some systems
  b = (bench){.arguments = &a};
  cli_progress_start(&b.bar, "learn");
  hft_status status = run(&b, &error);
  cli_progress_end(&b.bar, status);
  exit_code = status != HFT_OK ? cli_fail(&error) : a.json ? print_json(&b) : print_table(&b);
  cli_peer_stop(&b.peer);
  hft_bench_training_free(b.training);
  for (int i = 0; i < BATCHES; i++) hft_bench_update_free(b.update[i]);
  hft_crew_free(b.crew);
  hft_env_model_free(b.model);
  return exit_code;
}
