#define _GNU_SOURCE  // readlink, setenv
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/bench_learn.h"
#include "cli/output.h"

#define START_S 120  // PyTorch may take long to load from a cold disk
#define WORK_S 300
#define ANSWER_BYTES 8192
#define FOLDERS_MAX 8    // above the program, where a repository may be
#define SETTLE_US 30000  // until PyTorch's threads have gone to sleep

// Where a Python of ours may be, in the working directory or a folder above the program.
static const char *const places[] = {".venv/bin/python", "build/claims/venvs/sb3/bin/python",
                                     "build/claims/venvs/tasks/bin/python"};

// ---- folders -----------------------------------------------------------------------------------

typedef struct folders {
  int count;
  char path[FOLDERS_MAX][PATH_MAX];
} folders;

// The working directory and those above the program, which is found in `program`.
static void find_folders(folders *all, char program[PATH_MAX]) {
  all->count = 0;
  if (getcwd(all->path[0], PATH_MAX) != NULL) all->count = 1;
  ssize_t length = readlink("/proc/self/exe", program, PATH_MAX - 1);
  program[length > 0 ? length : 0] = '\0';
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s", program);
  while (all->count < FOLDERS_MAX) {
    char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path) break;
    *slash = '\0';
    memcpy(all->path[all->count++], path, PATH_MAX);
  }
}

static bool inside(const char *folder, const char *name, char path[PATH_MAX]) {
  int length = snprintf(path, PATH_MAX, "%s/%s", folder, name);
  return length > 0 && length < PATH_MAX && access(path, R_OK) == 0;
}

// ---- starting ----------------------------------------------------------------------------------

static char *recipe_text(const hft_bench_recipe *r, int threads) {
  json_t *json = json_pack(
      "{s:s, s:s, s:i, s:i, s:i, s:[ii], s:i, s:i, s:i, s:i, s:i, s:f, s:f, s:f, s:f, s:f, s:f}",
      "config", "market_making", "role", "maker", "obs", r->obs, "state", r->state, "axes", r->axes,
      "hidden", r->hidden, r->hidden, "envs", r->envs, "steps", r->steps, "epochs", r->epochs,
      "minibatches", r->minibatches, "threads", threads, "lr", r->lr, "gamma", r->gamma, "lam",
      r->lam, "clip", r->clip, "gradient_norm", r->gradient_norm, "deviation", r->deviation);
  char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
  json_decref(json);
  return text;
}

// Reads the first line of the peer, which says what it has. EIO: it has ended, for want of PyTorch.
static hft_status greet(cli_peer *peer, const hft_progress *watch, hft_error *error) {
  char answer[ANSWER_BYTES];
  hft_status status =
      hft_bench_peer_ask(peer->process, NULL, START_S, watch, answer, sizeof answer, error);
  if (status != HFT_OK) return status;
  peer->about = json_loads(answer, 0, NULL);
  if (!json_is_object(peer->about)) return hft_fail(error, HFT_EIO, "peer", "not an answer");
  return HFT_OK;
}

static hft_status try_python(const char *python, bool quiet, const char *recipe, const folders *all,
                             const hft_progress *watch, cli_peer *peer, hft_error *error) {
  char path[FOLDERS_MAX][PATH_MAX], *argv[5 + FOLDERS_MAX];
  char *fixed[] = {(char *)(uintptr_t)python, (char *)(uintptr_t) "-c",
                   (char *)(uintptr_t)cli_peer_texts[0].text, (char *)(uintptr_t)recipe};
  int count = sizeof fixed / sizeof fixed[0];
  memcpy(argv, fixed, sizeof fixed);
  for (int i = 0; i < all->count; i++) {
    if (inside(all->path[i], "python/src", path[i])) argv[count++] = path[i];
  }
  argv[count] = NULL;
  hft_status status = hft_bench_peer_start(argv, quiet, &peer->process, error);
  if (status == HFT_OK) status = greet(peer, watch, error);
  if (status != HFT_OK) cli_peer_stop(peer);
  return status;
}

static void note(cli_peer *peer) {
  const char *why = json_string_value(json_object_get(peer->about, "why"));
  if (why != NULL) {
    snprintf(peer->note, sizeof peer->note, "no environments in PyTorch's process: %s", why);
  } else if (!cli_peer_can(peer, "sb3")) {
    snprintf(peer->note, sizeof peer->note, "no Stable-Baselines3 beside PyTorch");
  }
}

static hft_status find(const folders *all, const char *recipe, const hft_progress *watch,
                       cli_peer *peer, hft_error *error) {
  char path[PATH_MAX];
  hft_status status = HFT_EIO;
  for (int i = 0; i < all->count && status == HFT_EIO; i++) {
    for (size_t k = 0; k < sizeof places / sizeof places[0] && status == HFT_EIO; k++) {
      if (!inside(all->path[i], places[k], path)) continue;
      status = try_python(path, true, recipe, all, watch, peer, error);
    }
  }
  static const char *const on_path[] = {"python3", "python"};
  for (int i = 0; i < 2 && status == HFT_EIO; i++) {
    status = try_python(on_path[i], true, recipe, all, watch, peer, error);
  }
  return status;
}

hft_status cli_peer_start(const char *named, const hft_bench_recipe *recipe, int threads,
                          const hft_progress *watch, cli_peer *peer, hft_error *error) {
  memset(peer, 0, sizeof *peer);
  if (named == NULL) named = getenv("HFTSIM_BENCH_PYTHON");
  char program[PATH_MAX];
  folders *all = malloc(sizeof *all);
  char *text = recipe_text(recipe, threads);
  hft_status status = HFT_ENOMEM;
  if (all != NULL && text != NULL) {
    find_folders(all, program);
    // By it the client finds the library that belongs to this program.
    if (program[0] != '\0') setenv("HFTSIM_BIN", program, 1);
    if (named != NULL && named[0] == '\0') {
      status = HFT_OK;
      snprintf(peer->note, sizeof peer->note, "none was asked for");
    } else if (named != NULL) {
      status = try_python(named, false, text, all, watch, peer, error);
      if (status == HFT_EIO) hft_fail(error, HFT_EIO, named, "runs no PyTorch");
    } else {
      status = find(all, text, watch, peer, error);
      if (status == HFT_EIO) {
        status = HFT_OK;
        snprintf(peer->note, sizeof peer->note,
                 "no Python with PyTorch found: name one by --peer or HFTSIM_BENCH_PYTHON");
      }
    }
  } else {
    hft_fail(error, HFT_ENOMEM, "bench", "out of memory");
  }
  free(all);
  free(text);
  if (status == HFT_OK && peer->process != NULL) note(peer);
  return status;
}

void cli_peer_stop(cli_peer *peer) {
  hft_bench_peer_stop(peer->process);
  json_decref(peer->about);
  peer->process = NULL;
  peer->about = NULL;
}

// ---- work --------------------------------------------------------------------------------------

bool cli_peer_can(const cli_peer *peer, const char *work) {
  if (peer->process == NULL) return false;
  if (strcmp(work, "update") == 0) return true;
  const char *needs = strcmp(work, "train") == 0 ? "hftsim" : "sb3";
  return json_is_string(json_object_get(peer->about, needs));
}

hft_status cli_peer_rate(cli_peer *peer, const char *request, const hft_progress *watch,
                         double *rate, int *threads, hft_error *error) {
  char answer[ANSWER_BYTES];
  hft_status status =
      hft_bench_peer_ask(peer->process, request, WORK_S, watch, answer, sizeof answer, error);
  if (status != HFT_OK) return status;
  json_t *told = json_loads(answer, 0, NULL);
  const char *failed = json_string_value(json_object_get(told, "error"));
  *rate = json_number_value(json_object_get(told, "per_s"));
  *threads = (int)json_integer_value(json_object_get(told, "threads"));
  if (failed != NULL) {
    status = hft_fail(error, HFT_EIO, "peer", "%s: %s", request, failed);
  } else if (!(*rate > 0)) {
    status = hft_fail(error, HFT_EIO, "peer", "%s: no rate in the answer", request);
  }
  json_decref(told);
  usleep(SETTLE_US);
  return status;
}
