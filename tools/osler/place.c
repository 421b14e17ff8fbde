/* SPDX-License-Identifier: MIT */
#include "tools/osler/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_folder(const char *path)
{
    struct stat what;
    return stat(path, &what) == 0 && S_ISDIR(what.st_mode);
}

/* Shortens `folder` by its last part; false at the root. */
static bool go_up(char *folder)
{
    char *slash = strrchr(folder, '/');
    if (!slash || !*folder)
        return false;
    *slash = '\0';
    return true;
}

/* .osler in the working folder or the nearest parent that has one. */
static bool nearest(char out[OSL_PLACE_SIZE])
{
    char folder[OSL_PLACE_SIZE];
    if (is_folder(".osler")) {
        (void)snprintf(out, OSL_PLACE_SIZE, ".osler");
        return true;
    }
    if (!getcwd(folder, sizeof folder))
        return false;
    while (go_up(folder)) {
        int length = snprintf(out, OSL_PLACE_SIZE, "%s/.osler", folder);
        if (length > 0 && length < OSL_PLACE_SIZE && is_folder(out))
            return true;
    }
    return false;
}

static osl_status take_named(char out[OSL_PLACE_SIZE], const char *path,
                             bool make, osl_error *err)
{
    size_t length = strlen(path);
    if (length == 0)
        return osl_fail(err, OSL_EINVAL, "the index folder's name is empty");
    if (length >= OSL_PLACE_SIZE)
        return osl_fail(err, OSL_EINVAL, "the index folder's name is too long");
    memcpy(out, path, length + 1);
    if (!make && access(path, F_OK) != 0)
        return osl_fail(err, OSL_ENOTFOUND,
                        "no index in %s; make one with: osler index -i %s "
                        "PATH...",
                        path, path);
    return OSL_OK;
}

osl_status osl_place_find(char out[OSL_PLACE_SIZE], const char *option,
                          bool make, osl_error *err)
{
    const char *variable = getenv("OSLER_INDEX");
    if (option)
        return take_named(out, option, make, err);
    if (variable && *variable)
        return take_named(out, variable, make, err);
    if (nearest(out))
        return OSL_OK;
    if (!make)
        return osl_fail(err, OSL_ENOTFOUND,
                        "no index in .osler; make one with: osler index "
                        "PATH...");
    (void)snprintf(out, OSL_PLACE_SIZE, ".osler");
    return OSL_OK;
}
