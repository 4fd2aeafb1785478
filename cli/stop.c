#include "cli/stop.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

// Worker threads read it too, so a sig_atomic_t would not do.
static atomic_int first_signal, hung_up;
_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "a signal handler may store only what is lock-free");

static void set_action(void (*handler)(int)) {
  struct sigaction action = {.sa_handler = handler};  // no SA_RESTART: waits end with EINTR
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
}

static void on_signal(int number) {
  int none = 0;
  atomic_compare_exchange_strong(&first_signal, &none, number);
  set_action(SIG_DFL);
}

void cli_stop_install(void) {
  set_action(on_signal);
}

bool cli_stopped(void) {
  return atomic_load_explicit(&first_signal, memory_order_relaxed) != 0;
}

int cli_stop_signal(void) {
  return atomic_load(&first_signal);
}

static void on_hangup(int number) {
  (void)number;
  atomic_store(&hung_up, 1);
}

void cli_hangup_install(void) {
  struct sigaction action = {.sa_handler = on_hangup};
  sigemptyset(&action.sa_mask);
  sigaction(SIGHUP, &action, NULL);
}

bool cli_hung_up(void) {
  return atomic_load_explicit(&hung_up, memory_order_relaxed) != 0 &&
         atomic_exchange(&hung_up, 0) != 0;
}
