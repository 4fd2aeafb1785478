// On one thread a pool steps without a system call: a process that is allowed only read, write and
// exit steps through the ends of many episodes.

#define _GNU_SOURCE  // syscall
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/sanitizer.h"
#include "tests/support/slab.h"

#define ENVS 4

static void step_fully(hft_pool *pool, int steps) {
  for (int step = 0; step < steps; step++) slab_step(pool, 9, step);
}

static void step_partly(hft_pool *pool, int steps) {
  int32_t envs[ENVS] = {3, 1, 0, 2};
  hft_pool_send(pool, envs, ENVS, NULL);
  for (int step = 0; step < steps; step++) {
    int count = hft_pool_recv(pool, envs, 1 + step % ENVS, ENVS, NULL);
    for (int k = 0; k < count; k++) slab_act(pool, envs[k], 9, step);
    hft_pool_send(pool, envs, count, NULL);
  }
}

static void step_in_copies(hft_pool *pool, int steps) {
  for (int step = 0; step < steps; step++) {
    hft_pool_fork(pool, step % ENVS, &(int32_t){(step + 1) % ENVS}, 1, NULL);
    if (step % 10 == 0) hft_pool_reset(pool, NULL, (const uint8_t[ENVS]){0, 1, 0, 1});
    slab_step(pool, 9, step);
  }
}

static void call_the_system(hft_pool *pool, int steps) {
  (void)pool, (void)steps;
  (void)getppid();
}

// How a process ends that is left with `work` and no system calls.
static int end_of(hft_pool *pool, void (*work)(hft_pool *, int)) {
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) _exit(77);
    work(pool, 1000);
    syscall(SYS_exit, 0);  // exit_group, which _exit calls, is not among those allowed
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  return status;
}

static void test_a_step_makes_no_system_call(void **context) {
  (void)context;
#ifdef SANITIZED
  skip();  // sanitizers call the system themselves
#endif
  hft_env_model *model = world_model(slab_config);
  hft_pool *pool = slab_open(model, ENVS, 1, 9);
  hft_pool_reset(pool, NULL, NULL);
  int called = end_of(pool, call_the_system);
  if (WIFEXITED(called) && WEXITSTATUS(called) == 77) skip();  // the kernel has no seccomp
  // The trap works.
  assert_true(WIFSIGNALED(called) && WTERMSIG(called) == SIGKILL);
  assert_int_equal(end_of(pool, step_fully), 0);
  assert_int_equal(end_of(pool, step_partly), 0);
  assert_int_equal(end_of(pool, step_in_copies), 0);
  hft_pool_free(pool);
  hft_env_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_step_makes_no_system_call)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
