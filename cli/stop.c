#include "cli/stop.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// Worker threads read the flag too, so it cannot be a sig_atomic_t.
static atomic_int first_signal, hung_up;
static atomic_llong first_at;  // ns of the monotonic clock, from 1 on
_Static_assert(ATOMIC_INT_LOCK_FREE == 2 && ATOMIC_LLONG_LOCK_FREE == 2,
               "a signal handler may store only what is lock-free");

// Signals closer together count as one: timeout(1) sends two, as does anybody who signals a process
// and its group.
#define TOGETHER_NS 500000000LL

static const int urgent[] = {SIGINT, SIGTERM, SIGQUIT};
static const int others[] = {SIGHUP,  SIGXCPU, SIGPIPE,   SIGUSR1, SIGUSR2,
                             SIGALRM, SIGPROF, SIGVTALRM, SIGPOLL};
enum {
  URGENT_COUNT = sizeof urgent / sizeof urgent[0],
  OTHER_COUNT = sizeof others / sizeof others[0]
};

static void set_action(int number, void (*handler)(int)) {
  struct sigaction action = {.sa_handler = handler};  // no SA_RESTART: waits end with EINTR
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, NULL);
}

static long long clock_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return 1 + now.tv_sec * 1000000000LL + now.tv_nsec;
}

// Only an urgent signal ends the process when it comes again: SIGXCPU repeats each second, SIGPIPE
// with each write.
static void on_signal(int number) {
  int none = 0;
  long long never = 0, now = clock_ns();
  atomic_compare_exchange_strong(&first_at, &never, now);
  if (atomic_compare_exchange_strong(&first_signal, &none, number)) return;
  if (now - atomic_load(&first_at) < TOGETHER_NS) return;
  for (int i = 0; i < URGENT_COUNT; i++) {
    if (urgent[i] != number) continue;
    set_action(number, SIG_DFL);
    raise(number);
  }
}

static bool is_ignored(int number) {
  struct sigaction action;
  return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

void cli_stop_install(void) {
  for (int i = 0; i < URGENT_COUNT; i++) {
    // A shell without job control starts background processes with SIGINT ignored. Handle it all
    // the same, for kill -INT.
    if (urgent[i] != SIGQUIT || !is_ignored(SIGQUIT)) set_action(urgent[i], on_signal);
  }
  for (int i = 0; i < OTHER_COUNT; i++) {
    if (!is_ignored(others[i])) set_action(others[i], on_signal);
  }
}

void cli_ignore_size_limit(void) {
  set_action(SIGXFSZ, SIG_IGN);
}

bool cli_stopped(void) {
  return atomic_load_explicit(&first_signal, memory_order_relaxed) != 0;
}

// ---- the end of standard input -----------------------------------------------------------------

#define GRACE_S 30  // longer than a server takes to finish the requests in hand

static atomic_bool stdin_ended;

// Sets the flag as a first SIGTERM does.
static void set_flag(void) {
  int none = 0;
  long long never = 0;
  atomic_compare_exchange_strong(&first_at, &never, clock_ns());
  atomic_compare_exchange_strong(&first_signal, &none, SIGTERM);
}

// Ends the process as a second SIGTERM does.
static void force(void) {
  set_action(SIGTERM, SIG_DFL);
  kill(getpid(), SIGTERM);  // whichever thread calls this may block it
}

// Reads what is available; false at the end, or if there is no standard input.
static bool read_on(void) {
  char dropped[4096];
  struct pollfd item = {.fd = STDIN_FILENO, .events = POLLIN};
  if (poll(&item, 1, -1) < 0) return errno == EINTR;
  ssize_t got = read(STDIN_FILENO, dropped, sizeof dropped);
  return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

static void *read_stdin(void *unused) {
  (void)unused;
  while (read_on()) continue;
  atomic_store(&stdin_ended, true);
  set_flag();
  struct timespec left = {.tv_sec = GRACE_S};
  while (nanosleep(&left, &left) != 0 && errno == EINTR) continue;
  force();
  return NULL;
}

hft_status cli_stop_with_stdin(hft_error *error) {
  sigset_t all, before;
  pthread_t thread;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // the other threads take the signals
  int failure = pthread_create(&thread, NULL, read_stdin, NULL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (failure != 0) return hft_fail(error, HFT_EIO, "--exit-with-stdin", "%s", strerror(failure));
  pthread_detach(thread);
  return HFT_OK;
}

bool cli_stdin_ended(void) {
  return atomic_load(&stdin_ended);
}

// ---- SIGHUP ------------------------------------------------------------------------------------

static void on_hangup(int number) {
  (void)number;
  atomic_store(&hung_up, 1);
}

void cli_hangup_install(void) {
  set_action(SIGHUP, on_hangup);
}

bool cli_hung_up(void) {
  return atomic_load_explicit(&hung_up, memory_order_relaxed) != 0 &&
         atomic_exchange(&hung_up, 0) != 0;
}
