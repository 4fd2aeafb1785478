#define _DEFAULT_SOURCE  // explicit_bzero

#include "server/curve.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "server/keyfile.h"

#define DIGITS (HFT_CURVE_TEXT - 1)

hft_status hft_curve_pair_draw(hft_curve_pair *pair, hft_error *error) {
  if (zmq_curve_keypair(pair->public_key, pair->secret_key) == 0) return HFT_OK;
  return hft_fail(error, HFT_EIO, "keys", "this libzmq was built without CURVE");
}

hft_status hft_curve_pair_write(const hft_curve_pair *pair, const char *path, hft_error *error) {
  char secret_path[PATH_MAX], text[512];
  int length = snprintf(secret_path, sizeof secret_path, "%s" HFT_CURVE_SECRET_SUFFIX, path);
  if (length < 0 || (size_t)length >= sizeof secret_path) {
    return hft_fail(error, HFT_EIO, path, "the path is too long");
  }
  snprintf(text, sizeof text,
           "# A public key of hftsim: give it to your peers.\n"
           "metadata\ncurve\n    public-key = \"%s\"\n",
           pair->public_key);
  hft_status status = hft_keyfile_write(path, 0644, text, error);
  if (status != HFT_OK) return status;
  snprintf(text, sizeof text,
           "# A key pair of hftsim: keep it secret.\n"
           "metadata\ncurve\n    public-key = \"%s\"\n    secret-key = \"%s\"\n",
           pair->public_key, pair->secret_key);
  status = hft_keyfile_write(secret_path, 0600, text, error);
  explicit_bzero(text, sizeof text);
  if (status != HFT_OK) unlink(path);
  return status;
}

// ---- reading ---------------------------------------------------------------------------------
// Reads the line `name = "40 characters"`.
static hft_status read_key(const char *path, const char *text, const char *name,
                           char key[HFT_CURVE_TEXT], hft_error *error) {
  for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
    line += strspn(line, " \t\r\n");
    if (strncmp(line, name, strlen(name)) != 0) continue;
    const char *value = line + strlen(name);
    value += strspn(value, " \t");
    if (*value != '=') continue;
    value += 1 + strspn(value + 1, " \t");
    uint8_t bytes[HFT_CURVE_BYTES];
    bool is_quoted =
        *value == '"' && strcspn(value + 1, "\"\n") == DIGITS && value[1 + DIGITS] == '"';
    if (is_quoted) snprintf(key, HFT_CURVE_TEXT, "%.*s", DIGITS, value + 1);
    bool is_key = is_quoted && zmq_z85_decode(bytes, key) != NULL;
    explicit_bzero(bytes, sizeof bytes);
    if (is_key) return HFT_OK;
    return hft_fail(error, HFT_EDATA, path, "%s is not a key: 40 characters of Z85 in quotes",
                    name);
  }
  return hft_fail(error, HFT_EDATA, path, "no %s in this file; 'hftsim keygen' makes key files",
                  name);
}

static hft_status join(char path[PATH_MAX], const char *folder, const char *name,
                       hft_error *error) {
  int length = snprintf(path, PATH_MAX, "%s/%s", folder, name);
  if (length > 0 && length < PATH_MAX) return HFT_OK;
  return hft_fail(error, HFT_EIO, folder, "the path is too long");
}

hft_status hft_curve_pair_read(const char *folder, hft_curve_pair *pair, hft_error *error) {
  char path[PATH_MAX], text[HFT_KEYFILE_BYTES_MAX];
  hft_status status = join(path, folder, HFT_CURVE_SERVER_FILE, error);
  if (status == HFT_OK) status = hft_keyfile_read(path, true, text, error);
  if (status == HFT_OK) status = read_key(path, text, "public-key", pair->public_key, error);
  if (status == HFT_OK) status = read_key(path, text, "secret-key", pair->secret_key, error);
  explicit_bzero(text, sizeof text);
  if (status != HFT_OK) return status;
  char public_key[HFT_CURVE_TEXT];
  if (zmq_curve_public(public_key, pair->secret_key) != 0) {
    return hft_fail(error, HFT_EIO, "keys", "this libzmq was built without CURVE");
  }
  if (strcmp(public_key, pair->public_key) == 0) return HFT_OK;
  return hft_fail(error, HFT_EDATA, path, "the public and the secret key do not belong together");
}

// ---- clients ---------------------------------------------------------------------------------
static hft_status add_client(hft_curve_clients *clients, const char *path, const char *name,
                             hft_error *error) {
  char text[HFT_KEYFILE_BYTES_MAX], key[HFT_CURVE_TEXT];
  hft_status status = hft_keyfile_read(path, false, text, error);
  if (status == HFT_OK) status = read_key(path, text, "public-key", key, error);
  if (status != HFT_OK) return status;
  hft_curve_client *grown =
      realloc(clients->client, ((size_t)clients->count + 1) * sizeof *clients->client);
  if (grown == NULL) return hft_fail(error, HFT_ENOMEM, path, "out of memory");
  clients->client = grown;
  hft_curve_client *client = &grown[clients->count++];
  zmq_z85_decode(client->key, key);
  size_t length = strlen(name) - strlen(HFT_CURVE_PUBLIC_SUFFIX);
  snprintf(client->name, sizeof client->name, "%.*s", (int)length, name);
  return HFT_OK;
}

static bool is_public_file(const char *name) {
  size_t length = strlen(name), suffix = strlen(HFT_CURVE_PUBLIC_SUFFIX);
  return name[0] != '.' && length > suffix &&
         strcmp(name + length - suffix, HFT_CURVE_PUBLIC_SUFFIX) == 0;
}

hft_status hft_curve_clients_read(const char *folder, hft_curve_clients *clients,
                                  hft_error *error) {
  char inner[PATH_MAX], path[PATH_MAX];
  hft_status status = join(inner, folder, HFT_CURVE_CLIENTS_FOLDER, error);
  if (status != HFT_OK) return status;
  DIR *open_folder = opendir(inner);
  if (open_folder == NULL) {
    return hft_fail(error, HFT_EIO, inner, "cannot read this folder of client keys: %s",
                    strerror(errno));
  }
  hft_curve_clients fresh = {0};
  const struct dirent *entry;
  errno = 0;
  while (status == HFT_OK && (entry = readdir(open_folder)) != NULL) {
    if (!is_public_file(entry->d_name)) continue;
    status = join(path, inner, entry->d_name, error);
    if (status == HFT_OK) status = add_client(&fresh, path, entry->d_name, error);
    errno = 0;
  }
  if (status == HFT_OK && errno != 0) {
    status = hft_fail(error, HFT_EIO, inner, "cannot read: %s", strerror(errno));
  }
  closedir(open_folder);
  if (status != HFT_OK) {
    hft_curve_clients_free(&fresh);
    return status;
  }
  hft_curve_clients_free(clients);
  *clients = fresh;
  return HFT_OK;
}

void hft_curve_clients_free(hft_curve_clients *clients) {
  free(clients->client);
  *clients = (hft_curve_clients){0};
}

const char *hft_curve_clients_find(const hft_curve_clients *clients,
                                   const uint8_t key[HFT_CURVE_BYTES]) {
  for (int i = 0; i < clients->count; i++) {
    if (memcmp(clients->client[i].key, key, HFT_CURVE_BYTES) == 0) return clients->client[i].name;
  }
  return NULL;
}
