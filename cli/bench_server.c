// hftsim bench server: the time of a step on a server, and of its parts.
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/server.h"
#include "bench/signals.h"
#include "cli/bench.h"
#include "cli/output.h"
#include "cli/setup.h"
#include "cli/stop.h"
#include "server/transport.h"

#define FOLDER_BYTES 64
#define ENDPOINT_BYTES 96
#define ECHO_NAME "echo"

typedef struct arguments {
  cli_bench_envs envs;
  const char *transport;
  int64_t clients;
  hft_time wall_time;
  bool json;
} arguments;

static bool parse(int argc, char **argv, arguments *a, int *exit_code) {
  cli_option options[CLI_OPTIONS_MAX];
  int shared = cli_bench_envs_options(&a->envs, options);
  const cli_option own[] = {
      {"envs", CLI_INT, &a->envs.envs, "N", "environments of a client (1)", 1, HFT_ENVS_MAX},
      {"transport", CLI_TEXT, &a->transport, "NAME", "ipc or tcp (ipc)", 0, 0},
      {"clients", CLI_INT, &a->clients, "C", "clients that step at the same time (1)", 1,
       HFT_BENCH_CLIENTS_MAX},
      {"seconds", CLI_DURATION, &a->wall_time, "S", "wall-clock time of each part (3)", 0, 0},
      {"json", CLI_FLAG, &a->json, NULL, "print JSON instead of a table", 0, 0},
  };
  memcpy(options + shared, own, sizeof own);
  const cli_usage usage = {
      .synopsis = "hftsim bench server [options]",
      .about =
          "Starts a server on this machine and steps its envs from a client in C. Prints the time "
          "of a step from request to reply, next to an echo of the same number of bytes over "
          "ZeroMQ alone and the same step in this process. The three take turns, and their results "
          "must agree bit for bit. With --clients, that many clients then step at the same time, "
          "and the slowest is compared with the mean.",
      .examples =
          "  hftsim bench server\n"
          "  hftsim bench server --transport tcp --envs 1024 --json\n"
          "  hftsim bench server --clients 64\n",
      .options = options,
      .option_count = shared + (int)(sizeof own / sizeof own[0]),
  };
  if (!cli_parse(&usage, argc, argv, NULL, exit_code)) return false;
  if (strcmp(a->transport, "ipc") == 0 || strcmp(a->transport, "tcp") == 0) return true;
  fprintf(stderr, "hftsim: --transport: '%s' is neither ipc nor tcp\n", a->transport);
  *exit_code = CLI_USAGE;
  return false;
}

// ---- the server --------------------------------------------------------------------------------

typedef struct running {
  hft_service *service;
  hft_transport *transport;
  pthread_t thread;
  hft_status status;  // of hft_transport_run
  hft_error error;
} running;

static atomic_bool over;

static bool is_over(void) {
  return atomic_load_explicit(&over, memory_order_relaxed);
}

static void *serve(void *context) {
  hft_bench_block_signals();
  running *server = context;
  const hft_transport_orders orders = {.stopped = is_over};
  server->status = hft_transport_run(server->transport, &orders, &server->error);
  return NULL;
}

static hft_status copy_config(void *context, const char *name, const char *text, size_t length,
                              hft_config **out, hft_error *error) {
  (void)name, (void)text, (void)length;  // the client asks for the server's config
  *out = hft_config_copy(context);
  return *out != NULL ? HFT_OK : hft_fail(error, HFT_ENOMEM, "config", "out of memory");
}

static hft_status start(running *server, const arguments *a, hft_config *config,
                        const char *endpoint, hft_error *error) {
  const hft_service_config service = {
      .sessions_max = (int)a->clients + 1,
      .envs_max = a->envs.envs * (a->clients + 1),
      .memory_max = SIZE_MAX,
      .rate_max = HFT_SERVICE_RATE_MAX,
      .thread_count = (int)a->envs.threads,
      .idle_timeout = HFT_TIME_NEVER,
      .classes = hft_catalog_classes,
      .class_count = hft_catalog_class_count,
      .load_config = copy_config,
      .context = config,
  };
  const hft_transport_config transport = {.endpoint = endpoint};
  hft_status status = hft_service_create(&service, &server->service, error);
  if (status == HFT_OK) {
    status = hft_transport_create(&transport, server->service, &server->transport, error);
  }
  if (status != HFT_OK) return status;
  if (pthread_create(&server->thread, NULL, serve, server) == 0) return HFT_OK;
  hft_transport_free(server->transport);
  server->transport = NULL;
  return hft_fail(error, HFT_EFULL, "bench", "a thread would not start");
}

// Returns `status` or, if that is HFT_OK, the status of the server.
static hft_status stop(running *server, hft_status status, hft_error *error) {
  if (server->transport != NULL) {
    atomic_store(&over, true);
    pthread_join(server->thread, NULL);
    hft_transport_free(server->transport);
  }
  hft_service_free(server->service);
  if (status != HFT_OK || server->status == HFT_OK) return status;
  *error = server->error;
  return server->status;
}

// ---- results -----------------------------------------------------------------------------------

static int print_json(const arguments *a, const hft_env_spec *spec,
                      const hft_bench_server_result *r) {
  bool crowd = a->clients > 1;
  return cli_print_json(json_pack(
      "{s:s, s:s, s:I, s:I, s:i, s:f, s:I, s:I, s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, "
      "s:f, s:I, s:o, s:o}",
      "bench", "server", "transport", a->transport, "envs", (json_int_t)a->envs.envs, "threads",
      (json_int_t)a->envs.threads, "seats", spec->seat_count, "decision_ms",
      (double)spec->decision / (double)HFT_MILLISECOND, "request_bytes",
      (json_int_t)r->request_bytes, "reply_bytes", (json_int_t)r->reply_bytes, "messages",
      (json_int_t)r->messages, "round_trip_ns", r->round_trip.median_ns, "round_trip_p99_ns",
      r->round_trip.p99_ns, "echo_ns", r->echo.median_ns, "echo_p99_ns", r->echo.p99_ns, "step_ns",
      r->step.median_ns, "step_p99_ns", r->step.p99_ns, "ratio", r->ratio, "steps_per_s",
      r->steps_per_s, "pool_steps_per_s", r->pool_steps_per_s, "share", r->share, "clients",
      (json_int_t)a->clients, "clients_steps_per_s",
      crowd ? json_real(r->clients_steps_per_s) : json_null(), "slowest_over_mean",
      crowd ? json_real(r->slowest_over_mean) : json_null()));
}

static void print_times(const char *name, const hft_bench_times *times) {
  printf("%-10s  %12.1f us, %.1f us p99\n", name, 1e-3 * times->median_ns, 1e-3 * times->p99_ns);
}

static int print_table(const arguments *a, const hft_env_spec *spec,
                       const hft_bench_server_result *r) {
  printf("%" PRId64 " environments on %" PRId64 " threads, %d seats, steps of %.3f ms, over %s\n",
         a->envs.envs, a->envs.threads, spec->seat_count,
         (double)spec->decision / (double)HFT_MILLISECOND, a->transport);
  print_times("round trip", &r->round_trip);
  print_times("echo", &r->echo);
  printf("              of %zu bytes there and %zu back, by ZeroMQ alone\n", r->request_bytes,
         r->reply_bytes);
  print_times("step", &r->step);
  printf("ratio       %12.2f times what echo and step take\n", r->ratio);
  printf("throughput  %12.0f steps/s, %.1f%% of the %.0f in this process\n", r->steps_per_s,
         1e2 * r->share, r->pool_steps_per_s);
  if (a->clients > 1) {
    printf("together    %12.0f steps/s of %" PRId64
           " clients; the slowest has %.2f times the mean's\n",
           r->clients_steps_per_s, a->clients, r->slowest_over_mean);
  }
  return cli_end_output();
}

// ---- the run -----------------------------------------------------------------------------------

static hft_status measure(const arguments *a, const hft_env_model *model, const char *endpoint,
                          const char *echo_endpoint, hft_bench_server_result *result,
                          hft_error *error) {
  cli_progress bar;
  cli_progress_start(&bar, "server");
  const hft_progress progress = {cli_progress_goes_on, &bar};
  const hft_bench_server_setup setup = {
      .endpoint = endpoint,
      .echo_endpoint = echo_endpoint,
      .model = model,
      .pool = {.env_count = (int)a->envs.envs,
               .thread_count = (int)a->envs.threads,
               .seed = a->envs.seed},
      .clients = (int)a->clients,
      .wall_ns = a->wall_time,
  };
  hft_status status = hft_bench_server(&setup, &progress, result, error);
  cli_progress_end(&bar, status);
  return status;
}

// `folder` holds the sockets of ipc.
static hft_status run(const arguments *a, hft_config *config, const hft_env_model *model,
                      const char *folder, hft_bench_server_result *result, hft_error *error) {
  char endpoint[ENDPOINT_BYTES] = "tcp://127.0.0.1:*";
  char echo_endpoint[ENDPOINT_BYTES] = "tcp://127.0.0.1:*";
  if (strcmp(a->transport, "ipc") == 0) {
    snprintf(endpoint, sizeof endpoint, "ipc://%s/server", folder);
    snprintf(echo_endpoint, sizeof echo_endpoint, "ipc://%s/" ECHO_NAME, folder);
  }
  running server = {0};
  hft_status status = start(&server, a, config, endpoint, error);
  if (status == HFT_OK) {
    const char *bound = hft_transport_endpoint(server.transport);
    status = measure(a, model, bound, echo_endpoint, result, error);
  }
  return stop(&server, status, error);
}

static hft_status run_in_folder(const arguments *a, hft_config *config, const hft_env_model *model,
                                hft_bench_server_result *result, hft_error *error) {
  char folder[FOLDER_BYTES] = "/tmp/hftsim-bench-XXXXXX";
  if (mkdtemp(folder) == NULL) {
    return hft_fail(error, HFT_EIO, folder, "cannot make the folder: %s", strerror(errno));
  }
  hft_status status = run(a, config, model, folder, result, error);
  char left[ENDPOINT_BYTES];
  snprintf(left, sizeof left, "%s/" ECHO_NAME, folder);
  unlink(left);  // ZeroMQ leaves it there; the server removes its own
  rmdir(folder);
  return status;
}

int cli_bench_server(int argc, char **argv) {
  arguments a = {.envs = cli_bench_envs_default(1),
                 .transport = "ipc",
                 .clients = 1,
                 .wall_time = 3 * HFT_SECOND};
  int exit_code;
  if (!parse(argc, argv, &a, &exit_code)) return exit_code;
  cli_stop_install();
  hft_error error = {0};
  hft_config *config = NULL;
  if (cli_bench_envs_config(&a.envs, &config, &error) != HFT_OK) return cli_fail(&error);
  hft_env_model *model = NULL;
  hft_status status =
      hft_env_model_create(config, hft_catalog_classes, hft_catalog_class_count, &model, &error);
  if (status == HFT_OK) {
    hft_bench_server_result result;
    status = run_in_folder(&a, config, model, &result, &error);
    const hft_env_spec *spec = hft_env_model_spec(model);
    exit_code = status != HFT_OK ? cli_fail(&error)
                : a.json         ? print_json(&a, spec, &result)
                                 : print_table(&a, spec, &result);
    hft_env_model_free(model);
  } else {
    exit_code = cli_fail(&error);
  }
  hft_config_free(config);
  return exit_code;
}
