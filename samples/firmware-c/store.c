#include "store.h"

#include "failpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/sha256.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A slot file, all numbers little-endian:
 *   0  "PVS1"             4  generation     u32     8  stage         u8     9  length of the ID     u8
 *  10  length of the key   u16             12  length of the certificate  u16
 *  14  renew after  u64   22  renew before  u64    30  latest server time  u64
 *  38  ID, key, certificate, SHA-256 of everything before
 * The hash is not against attackers, who could compute it: it tells a torn or worn-out page from a good one. */
#define HEAD_LENGTH 38u
#define HASH_LENGTH 32u
#define RECORD_MAX (HEAD_LENGTH + DEVICE_ID_MAX + KEY_MAX + CERTIFICATE_MAX + HASH_LENGTH)
#define PAGE 256u

static const uint8_t magic[4] = { 'P', 'V', 'S', '1' };
static const char *const names[2] = { "identity.0", "identity.1" };
static const char *const new_names[2] = { "identity.0.new", "identity.1.new" };

/* Static because it holds a key and is large for a stack; wiped after each use. */
static uint8_t record[RECORD_MAX + 1];

static void put(uint8_t *at, uint64_t value, size_t octets)
{
    for (size_t i = 0; i < octets; i++) at[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get(const uint8_t *at, size_t octets)
{
    uint64_t value = 0;
    for (size_t i = 0; i < octets; i++) value |= (uint64_t)at[i] << (8 * i);
    return value;
}

static size_t encode(const slot *slot)
{
    size_t id_length = strlen(slot->device_id);
    memcpy(record, magic, sizeof magic);
    put(record + 4, slot->generation, 4);
    put(record + 8, slot->stage, 1);
    put(record + 9, id_length, 1);
    put(record + 10, slot->key_length, 2);
    put(record + 12, slot->certificate_length, 2);
    put(record + 14, (uint64_t)slot->renew_after, 8);
    put(record + 22, (uint64_t)slot->renew_before, 8);
    put(record + 30, (uint64_t)slot->seen_time, 8);
    uint8_t *at = record + HEAD_LENGTH;
    memcpy(at, slot->device_id, id_length);
    at += id_length;
    memcpy(at, slot->key, slot->key_length);
    at += slot->key_length;
    memcpy(at, slot->certificate, slot->certificate_length);
    at += slot->certificate_length;
    mbedtls_sha256_ret(record, (size_t)(at - record), at, 0);
    return (size_t)(at - record) + HASH_LENGTH;
}

static bool decode(slot *slot, size_t length)
{
    if (length < HEAD_LENGTH + HASH_LENGTH || memcmp(record, magic, sizeof magic) != 0) return false;
    size_t id_length = get(record + 9, 1);
    size_t key_length = get(record + 10, 2);
    size_t certificate_length = get(record + 12, 2);
    uint64_t stage_value = get(record + 8, 1);
    if (id_length < 1 || id_length > DEVICE_ID_MAX || key_length < 1 || key_length > KEY_MAX) return false;
    if (certificate_length > CERTIFICATE_MAX || stage_value < STAGE_KEY || stage_value > STAGE_CONFIRMED) return false;
    if ((stage_value == STAGE_KEY) != (certificate_length == 0)) return false;
    if (length != HEAD_LENGTH + id_length + key_length + certificate_length + HASH_LENGTH) return false;

    uint8_t hash[HASH_LENGTH];
    mbedtls_sha256_ret(record, length - HASH_LENGTH, hash, 0);
    if (memcmp(hash, record + length - HASH_LENGTH, HASH_LENGTH) != 0) return false;

    slot->stage = (stage)stage_value;
    slot->generation = (uint32_t)get(record + 4, 4);
    slot->renew_after = (int64_t)get(record + 14, 8);
    slot->renew_before = (int64_t)get(record + 22, 8);
    slot->seen_time = (int64_t)get(record + 30, 8);
    const uint8_t *at = record + HEAD_LENGTH;
    memcpy(slot->device_id, at, id_length);
    slot->device_id[id_length] = '\0';
    at += id_length;
    memcpy(slot->key, at, key_length);
    slot->key_length = key_length;
    at += key_length;
    memcpy(slot->certificate, at, certificate_length);
    slot->certificate_length = certificate_length;
    return true;
}

static outcome fail(const char *what, const char *name)
{
    fprintf(stderr, "store: %s %s: %s\n", what, name, strerror(errno));
    return OUTCOME_STORE;
}

/* Reads one slot. Only "no such file" means empty: a read error taken for that would throw the identity away. */
static outcome read_slot(const store *store, int index, slot *slot)
{
    int file = openat(store->directory, names[index], O_RDONLY | O_CLOEXEC);
    if (file < 0) return errno == ENOENT ? OUTCOME_OK : fail("cannot open", names[index]);

    size_t length = 0;
    while (length < sizeof record) {
        ssize_t count = read(file, record + length, sizeof record - length);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            close(file);
            return fail("cannot read", names[index]);
        }

        if (count == 0) break;
        length += (size_t)count;
    }

    close(file);
    if (!decode(slot, length)) fprintf(stderr, "store: %s is damaged and ignored\n", names[index]);
    mbedtls_platform_zeroize(record, sizeof record);
    return OUTCOME_OK;
}

static bool write_all(int file, size_t length)
{
    size_t written = 0;
    while (written < length) {
        size_t left = length - written;
        ssize_t count = write(file, record + written, left < PAGE ? left : PAGE);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return false;
        written += (size_t)count;
        FAILPOINT("page-written");
    }

    return fsync(file) == 0;
}

/* A folder that was just made is as lost as its content when the entry in its parent does not reach the disk. */
static bool sync_parent(int directory)
{
    int parent = openat(directory, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0) return false;
    bool synced = fsync(parent) == 0;
    close(parent);
    return synced;
}

outcome store_open(store *store, const char *path)
{
    memset(store, 0, sizeof *store);
    store->directory = -1;
    bool made = mkdir(path, 0700) == 0;
    if (!made && errno != EEXIST) return fail("cannot make", path);
    store->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->directory < 0) return fail("cannot open", path);
    if (made && !sync_parent(store->directory)) return fail("cannot sync the folder of", path);
    if (flock(store->directory, LOCK_EX | LOCK_NB) != 0) return fail("in use by another process:", path);

    for (int i = 0; i < 2; i++) {
        /* What was being written when the power went: it never counted. */
        if (unlinkat(store->directory, new_names[i], 0) != 0 && errno != ENOENT)
            return fail("cannot remove", new_names[i]);
        outcome result = read_slot(store, i, &store->slots[i]);
        if (result != OUTCOME_OK) return result;
    }

    /* Two confirmed ones: the power went between the promotion of the new one and the removal of the old one. */
    if (store->slots[0].stage == STAGE_CONFIRMED && store->slots[1].stage == STAGE_CONFIRMED) {
        bool first_is_older = store->slots[0].generation < store->slots[1].generation;
        return store_drop(store, &store->slots[first_is_older ? 0 : 1]);
    }

    return OUTCOME_OK;
}

void store_close(store *store)
{
    if (store->directory >= 0) close(store->directory);
    mbedtls_platform_zeroize(store, sizeof *store);
    store->directory = -1;
}

slot *store_usable(store *store)
{
    slot *a = &store->slots[0], *b = &store->slots[1];
    bool a_works = a->stage >= STAGE_ISSUED, b_works = b->stage >= STAGE_ISSUED;
    if (a_works && b_works) return a->generation > b->generation ? a : b;
    return a_works ? a : b_works ? b : NULL;
}

slot *store_pending(store *store)
{
    for (int i = 0; i < 2; i++) {
        stage stage = store->slots[i].stage;
        if (stage == STAGE_KEY || stage == STAGE_ISSUED) return &store->slots[i];
    }

    return NULL;
}

slot *store_free(store *store)
{
    return store_usable(store) == &store->slots[0] ? &store->slots[1] : &store->slots[0];
}

outcome store_save(store *store, const slot *changed)
{
    int index = (int)(changed - store->slots);
    int file = openat(store->directory, new_names[index], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) return fail("cannot make", new_names[index]);

    /* The order matters: content on the disk, then the name, then the directory that holds the name. */
    bool written = write_all(file, encode(changed));
    mbedtls_platform_zeroize(record, sizeof record);
    if (close(file) != 0 || !written) return fail("cannot write", new_names[index]);
    FAILPOINT("before-rename");
    if (renameat(store->directory, new_names[index], store->directory, names[index]) != 0)
        return fail("cannot rename to", names[index]);
    FAILPOINT("after-rename");
    return fsync(store->directory) == 0 ? OUTCOME_OK : fail("cannot sync after", names[index]);
}

outcome store_drop(store *store, slot *dropped)
{
    int index = (int)(dropped - store->slots);
    mbedtls_platform_zeroize(dropped, sizeof *dropped);
    if (unlinkat(store->directory, names[index], 0) != 0 && errno != ENOENT) return fail("cannot remove", names[index]);
    return fsync(store->directory) == 0 ? OUTCOME_OK : fail("cannot sync after", names[index]);
}

int64_t store_seen_time(const store *store)
{
    int64_t a = store->slots[0].seen_time, b = store->slots[1].seen_time;
    return a > b ? a : b;
}
