// hftsim keygen: a key pair for encrypted connections.
#define _DEFAULT_SOURCE  // explicit_bzero

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output.h"
#include "server/curve.h"
#include "server/seal.h"

static const char about[] =
    "Makes a key pair for encrypted connections (CURVE): the public key in FILE, and both keys in "
    "FILE_secret, which only you can read. Existing files are not overwritten. A server needs a "
    "folder with server.key_secret and its clients' public keys in clients/ (docs/operation.md). "
    "With --save-key, makes the key by which servers recognise each other's exported saves.";

static const char examples[] =
    "  mkdir -p keys/clients\n"
    "  hftsim keygen --out keys/server.key      # the server's\n"
    "  hftsim keygen --out alice.key            # a client's\n"
    "  cp alice.key keys/clients/               # admits it\n"
    "  hftsim serve --bind 'tcp://*:5555' --curve-keys keys\n"
    "  hftsim keygen --save-key saves.key       # for servers that take each other's saves\n";

static int make_pair(const char *path, bool json) {
  hft_error error = {0};
  hft_curve_pair pair = {0};
  hft_status status = hft_curve_pair_draw(&pair, &error);
  if (status == HFT_OK) status = hft_curve_pair_write(&pair, path, &error);
  explicit_bzero(pair.secret_key, sizeof pair.secret_key);
  if (status != HFT_OK) return cli_fail(&error);
  if (json) {
    char both[PATH_MAX];
    snprintf(both, sizeof both, "%s%s", path, HFT_CURVE_SECRET_SUFFIX);
    return cli_print_json(json_pack("{s:s, s:s, s:s}", "public_key", pair.public_key, "public_file",
                                    path, "secret_file", both));
  }
  fprintf(stderr, "hftsim: the public key is in %s, both are in %s%s\n", path, path,
          HFT_CURVE_SECRET_SUFFIX);
  printf("%s\n", pair.public_key);
  return cli_end_output();
}

static int make_save_key(const char *path, bool json) {
  hft_error error = {0};
  if (hft_seal_key_write(path, &error) != HFT_OK) return cli_fail(&error);
  if (json) return cli_print_json(json_pack("{s:s}", "save_key_file", path));
  fprintf(stderr,
          "hftsim: the key is in %s; anybody who has it can write saves that servers trust\n",
          path);
  return CLI_OK;
}

int cmd_keygen(int argc, char **argv) {
  const char *path = NULL, *save_key = NULL;
  bool json = false;
  const cli_option table[] = {
      {"out", CLI_TEXT, &path, "FILE", "file for the public key (hftsim.key)", 0, 0},
      {"save-key", CLI_TEXT, &save_key, "FILE",
       "make a key for exported saves instead (hftsim serve --save-key)", 0, 0},
      {"json", CLI_FLAG, &json, NULL, "print JSON", 0, 0},
  };
  const cli_usage usage = {
      .synopsis = "hftsim keygen [--out FILE | --save-key FILE] [--json]",
      .about = about,
      .examples = examples,
      .options = table,
      .option_count = (int)(sizeof table / sizeof table[0]),
  };
  int exit_code;
  if (!cli_parse(&usage, argc, argv, NULL, &exit_code)) return exit_code;
  if (save_key != NULL && path != NULL) {
    fprintf(stderr, "hftsim: --out and --save-key make different keys: give one\n");
    return CLI_USAGE;
  }
  if (save_key != NULL) return make_save_key(save_key, json);
  return make_pair(path != NULL ? path : "hftsim.key", json);
}
