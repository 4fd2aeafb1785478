#include "cli/owner.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/stop.h"

#define GRACE_S 30  // longer than a server takes to finish the requests in hand

static atomic_bool gone;

// Reads what there is; false at the end, or where there is no standard input.
static bool read_on(void) {
  char dropped[4096];
  struct pollfd item = {.fd = STDIN_FILENO, .events = POLLIN};
  if (poll(&item, 1, -1) < 0) return errno == EINTR;
  ssize_t got = read(STDIN_FILENO, dropped, sizeof dropped);
  return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

static void *watch(void *unused) {
  (void)unused;
  while (read_on()) continue;
  atomic_store(&gone, true);
  cli_stop_set();
  struct timespec left = {.tv_sec = GRACE_S};
  while (nanosleep(&left, &left) != 0 && errno == EINTR) continue;
  cli_stop_force();
  return NULL;
}

hft_status cli_owner_watch(hft_error *error) {
  sigset_t all, before;
  pthread_t thread;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // signals are for the threads that wait
  int failure = pthread_create(&thread, NULL, watch, NULL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (failure != 0) return hft_fail(error, HFT_EIO, "--exit-with-stdin", "%s", strerror(failure));
  pthread_detach(thread);
  return HFT_OK;
}

bool cli_owner_gone(void) {
  return atomic_load(&gone);
}
