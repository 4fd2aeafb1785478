#include "server/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/base/version.h"

static int bucket_of(hft_time duration) {
  uint64_t ns = duration > 0 ? (uint64_t)duration : 0;
  if (ns <= UINT64_C(1) << HFT_METRICS_BUCKET_BITS) return 0;
  int bucket = 64 - __builtin_clzll(ns - 1) - HFT_METRICS_BUCKET_BITS;
  return bucket < HFT_METRICS_BUCKETS ? bucket : HFT_METRICS_BUCKETS - 1;
}

void hft_metrics_request(hft_metrics *metrics, hft_wire_kind kind, hft_wire_code code,
                         hft_time duration) {
  hft_metrics_add(&metrics->duration[kind][bucket_of(duration)], 1);
  hft_metrics_add(&metrics->duration_sum[kind], duration > 0 ? (uint64_t)duration : 0);
  if (code != HFT_WIRE_OK) hft_metrics_add(&metrics->errors[code], 1);
}

uint64_t hft_metrics_requests(const hft_metrics *metrics) {
  uint64_t count = 0;
  for (int kind = 0; kind < HFT_METRICS_KINDS; kind++) {
    for (int i = 0; i < HFT_METRICS_BUCKETS; i++) {
      count += hft_metrics_get(&metrics->duration[kind][i]);
    }
  }
  return count;
}

static void print_title(FILE *page, const char *name, const char *type, const char *help) {
  fprintf(page, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void print_number(FILE *page, const char *name, const char *type, const char *help,
                         uint64_t value) {
  print_title(page, name, type, help);
  fprintf(page, "%s %" PRIu64 "\n", name, value);
}

// Prints a duration in seconds, exactly.
static void print_seconds(FILE *page, uint64_t ns) {
  fprintf(page, "%" PRIu64 ".%09" PRIu64, ns / HFT_SECOND, ns % HFT_SECOND);
}

// The count is the sum of the printed buckets, so that both agree while requests arrive.
static void print_durations(FILE *page, const hft_metrics *metrics, int kind) {
  const char *name = kind < HFT_WIRE_KIND_COUNT ? hft_wire_kind_name((hft_wire_kind)kind) : "none";
  uint64_t sum = hft_metrics_get(&metrics->duration_sum[kind]), count = 0;
  for (int i = 0; i < HFT_METRICS_BUCKETS; i++) {
    count += hft_metrics_get(&metrics->duration[kind][i]);
    fprintf(page, "hftsim_request_seconds_bucket{kind=\"%s\",le=\"", name);
    if (i + 1 < HFT_METRICS_BUCKETS) {
      print_seconds(page, UINT64_C(1) << (HFT_METRICS_BUCKET_BITS + i));
    } else {
      fprintf(page, "+Inf");
    }
    fprintf(page, "\"} %" PRIu64 "\n", count);
  }
  fprintf(page, "hftsim_request_seconds_sum{kind=\"%s\"} ", name);
  print_seconds(page, sum);
  fprintf(page, "\nhftsim_request_seconds_count{kind=\"%s\"} %" PRIu64 "\n", name, count);
}

static void print_errors(FILE *page, const hft_metrics *metrics) {
  print_title(page, "hftsim_errors_total", "counter", "Requests refused, by code.");
  for (int code = HFT_WIRE_OK + 1; code < HFT_WIRE_CODE_COUNT; code++) {
    fprintf(page, "hftsim_errors_total{code=\"%s\"} %" PRIu64 "\n",
            hft_wire_code_name((hft_wire_code)code), hft_metrics_get(&metrics->errors[code]));
  }
}

static void print_lost(FILE *page, const hft_metrics *metrics) {
  print_title(page, "hftsim_undelivered_total", "counter", "Undelivered replies, by reason.");
  fprintf(page, "hftsim_undelivered_total{reason=\"gone\"} %" PRIu64 "\n",
          hft_metrics_get(&metrics->gone));
  fprintf(page, "hftsim_undelivered_total{reason=\"unread\"} %" PRIu64 "\n",
          hft_metrics_get(&metrics->unread));
}

hft_time hft_metrics_since_loop(const hft_metrics *metrics, hft_time now) {
  hft_time at = (hft_time)hft_metrics_get(&metrics->looped_at);
  return at == 0 || at > now ? 0 : now - at;
}

char *hft_metrics_print(const hft_metrics *metrics, hft_time now) {
  char *text = NULL;
  size_t size = 0;
  FILE *page = open_memstream(&text, &size);
  if (page == NULL) return NULL;
  print_title(page, "hftsim_info", "gauge", "Version of the server.");
  fprintf(page, "hftsim_info{version=\"%s\",revision=\"%s\"} 1\n", hft_version, hft_revision);
  print_title(page, "hftsim_uptime_seconds", "gauge", "Time since the start.");
  fprintf(page, "hftsim_uptime_seconds ");
  print_seconds(page, (uint64_t)(now - metrics->started_at));
  fprintf(page, "\n");
  print_title(page, "hftsim_loop_stalled_seconds", "gauge",
              "Time since the last iteration of the serving loop.");
  fprintf(page, "hftsim_loop_stalled_seconds ");
  print_seconds(page, (uint64_t)hft_metrics_since_loop(metrics, now));
  fprintf(page, "\n");
  print_number(page, "hftsim_env_steps_total", "counter", "Steps of single envs.",
               hft_metrics_get(&metrics->env_steps));
  print_title(page, "hftsim_request_seconds", "histogram",
              "From a request's arrival until its reply is ready to leave, by kind.");
  for (int kind = 0; kind < HFT_METRICS_KINDS; kind++) print_durations(page, metrics, kind);
  print_errors(page, metrics);
  print_lost(page, metrics);
  print_number(page, "hftsim_sessions_dropped_total", "counter",
               "Sessions closed because their clients did not read.",
               hft_metrics_get(&metrics->sessions_dropped));
  print_number(page, "hftsim_keys_refused_total", "counter",
               "Connections with keys that are not admitted.",
               hft_metrics_get(&metrics->keys_refused));
  print_number(page, "hftsim_sessions", "gauge", "Open sessions.",
               hft_metrics_get(&metrics->sessions));
  print_number(page, "hftsim_requests_unanswered", "gauge", "Requests in work or waiting.",
               hft_metrics_get(&metrics->unanswered));
  print_number(page, "hftsim_envs", "gauge", "Envs of all sessions.",
               hft_metrics_get(&metrics->envs));
  print_number(page, "hftsim_memory_bytes", "gauge", "Memory of the sessions' envs and buffers.",
               hft_metrics_get(&metrics->memory_bytes));
  if (fclose(page) == 0) return text;
  free(text);
  return NULL;
}
