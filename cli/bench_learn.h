// The peer of hftsim bench learn: the embedded program in PyTorch, and finding a Python for it.
#ifndef HFTSIM_CLI_BENCH_LEARN_H
#define HFTSIM_CLI_BENCH_LEARN_H

#include <jansson.h>

#include "bench/learn.h"
#include "bench/peer.h"

// bench/peers/learn_torch.py, embedded: a null entry ends the array.
typedef struct cli_peer_text {
  const char *name;
  const char *text;
  int length;
} cli_peer_text;
extern const cli_peer_text cli_peer_texts[];
extern const int cli_peer_text_count;

typedef struct cli_peer {
  hft_bench_peer *process;  // null: there is none
  json_t *about;            // what it says of itself: versions, executable; null without a process
  char note[512];           // why there is none, or what it lacks; empty: nothing
} cli_peer;

// Starts the peer with the Python `named` ('': none) or, if it is null, that of
// HFTSIM_BENCH_PYTHON, or the
// first with PyTorch of: .venv and build/claims/venvs in the working directory and in the folders
// above the program, python3 and python on the PATH. None of these is no error: peer->process is
// then null. EIO: a Python that was named does not run the peer; EINTR.
hft_status cli_peer_start(const char *named, const hft_bench_recipe *recipe, int threads,
                          const hft_progress *watch, cli_peer *peer, hft_error *error);
void cli_peer_stop(cli_peer *peer);
// Whether it can do such work, "update", "train" or "sb3"; false: the note says why not.
bool cli_peer_can(const cli_peer *peer, const char *work);
// Has it do the work of a request; *rate is what it did a second, *threads those of PyTorch.
hft_status cli_peer_rate(cli_peer *peer, const char *request, const hft_progress *watch,
                         double *rate, int *threads, hft_error *error);

#endif
