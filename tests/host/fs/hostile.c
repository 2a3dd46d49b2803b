/*
 * A client that asks for anything: each request is answered, the file system stays sound, and the sanitizers find nothing.
 *
 *   hostile IMAGE REQUESTS SEED: the image is of an empty file system; e2fsck is for the caller.
 */
#include "client.h"
#include "disk_image.h"
#include "servers/fs/volume.h"

#include <stdio.h>
#include <stdlib.h>

static uint64_t random_state;

static _Noreturn void cut(void)
{
    image_wrong("the power was cut", 0, 0);
}

int main(int count, char **arguments)
{
    const char *why;
    if (count != 4 || !image_open(arguments[1]))
        return 2;
    random_state = (uint64_t)atoi(arguments[3]) * 0x9e3779b97f4a7c15u + 1;
    image_start(&random_state, UINT64_MAX, cut);
    if (volume_mount(&why) != FILE_OK)
        image_wrong(why, 0, 0);
    client_start(&random_state);
    unsigned results[FILE_NO_DEVICE + 1] = {0};
    for (int i = 0; i < atoi(arguments[2]); i++) {
        struct file_answer answer = client_ask_anything();
        results[answer.result]++;
        if (answer.result >= FILE_READ_ONLY)
            image_wrong("the disk was found damaged", (uint64_t)i, answer.result);
    }
    if (client_ask((struct file_request){.operation = FILE_ATTACH}).result != FILE_OK ||
        client_ask((struct file_request){.operation = FILE_COMMIT}).result != FILE_OK)
        image_wrong("the end", 0, 0);
    printf("figure hostile requests: %u done, %u refused, %u stale\nok any request is answered\n", results[FILE_OK],
           results[FILE_REFUSED], results[FILE_STALE]);
    return results[FILE_OK] == 0;
}
