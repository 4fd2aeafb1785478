// hftsim serve: the step/reset server.
#define _DEFAULT_SOURCE  // explicit_bzero

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/setup.h"
#include "cli/stop.h"
#include "server/http.h"
#include "server/seal.h"
#include "server/transport.h"
#include "sim/base/version.h"
#include "sim/env/env.h"
#include "sim/pool/pool.h"

#define MIB ((size_t)1 << 20)

typedef struct serve_options {
  const char *bind, *config, *curve_keys, *save_key, *log, *http;
  cli_list overrides;
  int64_t envs_max, sessions_max, memory_max_mib, rate_max, threads;
  hft_time idle_timeout;
  bool insecure, exit_with_stdin;
} serve_options;

static const char about[] =
    "Serves market environments to learners over ZeroMQ (docs/protocol.md). Each client makes "
    "sessions with envs of its own and steps them. Ctrl-C or SIGTERM stops the server after the "
    "requests in progress. SIGHUP reloads the keys of --curve-keys.";

static const char examples[] =
    "  hftsim serve\n"
    "  hftsim serve --config market_making --envs-max 1024 --threads 8\n"
    "  hftsim serve --set market_config.volatility=0.03 --set env_config.episode_len=1000\n"
    "  hftsim serve --bind ipc:///tmp/hftsim.sock --idle-timeout 10m\n"
    "  hftsim serve --bind 'tcp://127.0.0.1:*'    # any free port; the first line tells which\n"
    "  hftsim serve --bind 'tcp://*:5555' --curve-keys keys    # encrypted; see hftsim keygen\n"
    "  hftsim serve --http 127.0.0.1:9090 --log json    # for monitoring\n"
    "  hftsim serve --bind 'ipc://*' --exit-with-stdin  # stops with the program that starts it\n";

static bool parse(serve_options *options, int argc, char **argv, int *exit_code) {
  const cli_option table[] = {
      {"bind", CLI_TEXT, &options->bind, "ENDPOINT",
       "where to listen: tcp://HOST:PORT or ipc://PATH (tcp://127.0.0.1:5555)", 0, 0},
      {"config", CLI_TEXT, &options->config, "CONFIG",
       "file or preset for clients that name none (default)", 0, 0},
      {"set", CLI_REPEAT, &options->overrides, "PATH=VALUE", "change a key of that config", 0, 0},
      {"envs-max", CLI_INT, &options->envs_max, "N", "envs of all sessions together (4096)", 1,
       HFT_ENVS_MAX},
      {"sessions-max", CLI_INT, &options->sessions_max, "N", "sessions open at once (64)", 1,
       HFT_SESSIONS_MAX},
      {"memory-max", CLI_INT, &options->memory_max_mib, "MIB",
       "memory for the envs of all sessions and for waiting requests, in MiB (half of the "
       "machine's)",
       1, INT64_C(1) << 30},
      {"rate-max", CLI_INT, &options->rate_max, "N", "requests of a session per second (100000)", 1,
       HFT_SERVICE_RATE_MAX},
      {"threads", CLI_INT, &options->threads, "T",
       "threads that step the envs of a session (one per core)", 1, HFT_THREADS_MAX},
      {"idle-timeout", CLI_DURATION, &options->idle_timeout, "TIME",
       "close a session after this long without a request (30m)", 0, 0},
      {"curve-keys", CLI_TEXT, &options->curve_keys, "DIR",
       "encrypt, and admit only clients with public keys in DIR/clients; the server's key is "
       "DIR/server.key_secret",
       0, 0},
      {"insecure", CLI_FLAG, &options->insecure, NULL,
       "allow unencrypted addresses that other machines can reach", 0, 0},
      {"save-key", CLI_TEXT, &options->save_key, "FILE",
       "accept exported saves of all servers with this key (hftsim keygen --save-key); without it, "
       "only saves exported by this run",
       0, 0},
      {"http", CLI_TEXT, &options->http, "HOST:PORT",
       "serve /healthz, and /metrics for Prometheus, over HTTP", 0, 0},
      {"exit-with-stdin", CLI_FLAG, &options->exit_with_stdin, NULL,
       "stop at the end of standard input, which comes when the program at the other end of the "
       "pipe ends",
       0, 0},
      {"log", CLI_TEXT, &options->log, "FORMAT",
       "format of the log on stderr: text, or json with one object per line (text)", 0, 0},
  };
  const cli_usage usage = {
      .synopsis = "hftsim serve [options]",
      .about = about,
      .examples = examples,
      .options = table,
      .option_count = (int)(sizeof table / sizeof table[0]),
  };
  return cli_parse(&usage, argc, argv, NULL, exit_code);
}

// A client sends the text of a config or the name of a preset, never a path on this machine: only
// the server's own config and the presets may name files.
static hft_status load_config(void *context, const char *name, const char *text, size_t length,
                              hft_config **out, hft_error *error) {
  if (text == NULL && name == NULL) {
    *out = hft_config_copy(context);
    if (*out == NULL) return hft_fail(error, HFT_ENOMEM, "config", "out of memory");
    hft_config_seal_paths(*out);
    return HFT_OK;
  }
  if (text == NULL && hft_preset_find(name) == NULL) {
    return hft_fail(error, HFT_ECONFIG, name, "there is no such preset");
  }
  const cli_list none = {0};
  hft_status status = cli_load_config(text == NULL ? name : NULL, &none, out, error);
  if (status != HFT_OK) return status;
  hft_config_seal_paths(*out);
  if (text == NULL) return HFT_OK;
  status = hft_config_merge(*out, text, length, name != NULL ? name : "config", error);
  if (status != HFT_OK) hft_config_free(*out);
  return status;
}

// Whether all files that a preset names can be read.
static bool has_its_files(const char *name) {
  const cli_list none = {0};
  hft_config *config;
  if (cli_load_config(name, &none, &config, NULL) != HFT_OK) return false;
  bool has_all = true;
  for (int e = 0; e < cli_schema()->entry_count; e++) {
    const hft_schema_entry *entry = &cli_schema()->entries[e];
    int count = entry->is_list ? hft_config_count(config, entry->name) : 0;  // maps name no files
    for (int i = 0; i < count; i++) {
      const hft_section *section;
      const char *item = hft_config_item(config, entry->name, i, &section);
      for (int k = 0; k < section->key_count; k++) {
        if (section->keys[k].kind != HFT_KEY_PATH) continue;
        const hft_path *path = (const void *)(item + section->keys[k].offset);
        has_all = has_all && (!hft_key_names_file(&section->keys[k], path->text) ||
                              access(path->text, R_OK) == 0);
      }
    }
  }
  hft_config_free(config);
  return has_all;
}

// The presets that clients may ask for.
static int offered_presets(const char *names[HFT_CATALOG_PRESETS_MAX]) {
  int count = hft_preset_names(names), kept = 0;
  for (int i = 0; i < count; i++) {
    if (has_its_files(names[i])) names[kept++] = names[i];
  }
  return kept;
}

// Compiles the server's own config once, to report its errors at the start.
static hft_status load_own(const serve_options *options, hft_config **out, hft_error *error) {
  hft_status status = cli_load_config(options->config, &options->overrides, out, error);
  if (status != HFT_OK) return status;
  hft_env_model *model;
  status = hft_env_model_create(*out, hft_catalog_classes, hft_catalog_class_count, &model, error);
  if (status == HFT_OK) {
    hft_env_model_free(model);
  } else {
    hft_config_free(*out);
  }
  return status;
}

static void write_log(void *context, const char *line, size_t size) {
  fwrite(line, 1, size, context);
  fflush(context);
}

static void tell_start(const serve_options *options, const hft_logger *log, const char *endpoint) {
  if (log->format == HFT_LOG_JSON) {
    hft_log_event(log, "start",
                  (hft_log_field[]){{"endpoint", endpoint, 0},
                                    {"encrypted", NULL, options->curve_keys != NULL},
                                    {"pid", NULL, getpid()},
                                    {"threads", NULL, options->threads},
                                    {"envs_max", NULL, options->envs_max},
                                    {"sessions_max", NULL, options->sessions_max},
                                    {"version", hft_version, 0},
                                    {NULL, NULL, 0}});
    return;
  }
  fprintf(stderr,
          "hftsim: serving on %s%s (pid %ld), %lld threads, at most %lld envs in %lld sessions; "
          "Ctrl-C stops\n",
          endpoint, options->curve_keys != NULL ? " encrypted" : "", (long)getpid(),
          (long long)options->threads, (long long)options->envs_max,
          (long long)options->sessions_max);
}

static hft_status start_http(const serve_options *options, const hft_logger *log,
                             const hft_metrics *metrics, hft_http **http, hft_error *error) {
  hft_status status = hft_http_create(options->http, options->insecure, metrics, http, error);
  if (status != HFT_OK) return status;
  hft_log_event(log, "http", (hft_log_field[]){{"url", hft_http_url(*http), 0}, {NULL, NULL, 0}});
  return HFT_OK;
}

static void tell_stop(const hft_logger *log, const hft_metrics *metrics) {
  uint64_t requests = hft_metrics_requests(metrics);
  uint64_t undelivered = hft_metrics_lost(metrics);
  if (log->format == HFT_LOG_JSON) {
    hft_log_event(log, "stop",
                  (hft_log_field[]){{"requests", NULL, (int64_t)requests},
                                    {"undelivered", NULL, (int64_t)undelivered},
                                    {NULL, NULL, 0}});
    return;
  }
  fprintf(stderr, "hftsim: stopped after %llu requests, %llu replies undelivered\n",
          (unsigned long long)requests, (unsigned long long)undelivered);
}

static hft_status run(const serve_options *options, const hft_logger *log, hft_service *service,
                      hft_error *error) {
  const hft_transport_config config = {
      .endpoint = options->bind,
      .insecure = options->insecure,
      .curve_keys = options->curve_keys,
      .log = log,
  };
  const hft_transport_orders orders = {.stopped = cli_stopped, .reload = cli_hung_up};
  if (options->curve_keys != NULL) cli_hangup_install();
  hft_transport *transport;
  hft_status status = hft_transport_create(&config, service, &transport, error);
  if (status != HFT_OK) return status;
  hft_http *http = NULL;
  if (options->http != NULL) {
    status = start_http(options, log, hft_transport_metrics(transport), &http, error);
  }
  if (status != HFT_OK) {
    hft_transport_free(transport);
    return status;
  }
  tell_start(options, log, hft_transport_endpoint(transport));
  status = hft_transport_run(transport, &orders, error);
  hft_http_free(http);
  if (cli_stdin_ended()) hft_log_event(log, "stdin_closed", (hft_log_field[]){{NULL, NULL, 0}});
  tell_stop(log, hft_transport_metrics(transport));
  hft_transport_free(transport);
  return status;
}

static hft_status serve(const serve_options *options, hft_config *own, hft_error *error) {
  const char *names[HFT_CATALOG_PRESETS_MAX];
  int name_count = offered_presets(names);
  const hft_logger log = {
      .format = strcmp(options->log, "json") == 0 ? HFT_LOG_JSON : HFT_LOG_TEXT,
      .write = write_log,
      .context = stderr,
  };
  uint8_t save_key[HFT_SEAL_KEY_BYTES];
  if (options->save_key != NULL) {
    hft_status status = hft_seal_key_read(options->save_key, save_key, error);
    if (status != HFT_OK) return status;
  }
  const hft_service_config config = {
      .sessions_max = (int)options->sessions_max,
      .envs_max = options->envs_max,
      .memory_max = (size_t)options->memory_max_mib * MIB,
      .rate_max = (int)options->rate_max,
      .thread_count = (int)options->threads,
      .idle_timeout = options->idle_timeout,
      .classes = hft_catalog_classes,
      .class_count = hft_catalog_class_count,
      .config_names = names,
      .config_name_count = name_count,
      .load_config = load_config,
      .context = own,
      .save_key = options->save_key != NULL ? save_key : NULL,
      .log = &log,
  };
  hft_service *service;
  hft_status status = hft_service_create(&config, &service, error);
  explicit_bzero(save_key, sizeof save_key);  // the service has a copy
  if (status != HFT_OK) return status;
  status = run(options, &log, service, error);
  hft_service_free(service);
  return status;
}

// Half of the machine's memory in MiB, within the bounds of --memory-max.
static int64_t core_count(void) {
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  return cores < 1 ? 1 : cores > HFT_THREADS_MAX ? HFT_THREADS_MAX : cores;
}

static int64_t half_memory_mib(void) {
  long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
  if (pages < 1 || page_bytes < 1) return 1024;
  return (int64_t)((size_t)pages / 2 * (size_t)page_bytes / MIB);
}

int cmd_serve(int argc, char **argv) {
  serve_options options = {
      .bind = "tcp://127.0.0.1:5555",
      .log = "text",
      .envs_max = 4096,
      .sessions_max = 64,
      .memory_max_mib = half_memory_mib(),
      .rate_max = 100000,
      .threads = core_count(),
      .idle_timeout = 1800 * HFT_SECOND,
  };
  int exit_code;
  if (!parse(&options, argc, argv, &exit_code)) return exit_code;
  if (strcmp(options.log, "text") != 0 && strcmp(options.log, "json") != 0) {
    fprintf(stderr, "hftsim: --log: '%s' is neither text nor json\n", options.log);
    return CLI_USAGE;
  }
  cli_stop_install();
  signal(SIGPIPE, SIG_IGN);  // the reader of the log may exit; the server goes on
  hft_error error = {0};
  hft_config *own;
  hft_status status = options.exit_with_stdin ? cli_stop_with_stdin(&error) : HFT_OK;
  if (status == HFT_OK) status = load_own(&options, &own, &error);
  if (status != HFT_OK) return cli_fail(&error);
  status = serve(&options, own, &error);
  hft_config_free(own);
  if (status == HFT_OK) return CLI_OK;
  int failed = cli_fail(&error);
  return status == HFT_EINVAL ? CLI_USAGE : failed;  // the endpoint is malformed, or not allowed
}
