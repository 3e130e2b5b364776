/* SPDX-License-Identifier: MIT */
#include "hci_sequence.h"

/* Sends the next step that is needed; false when there is none. */
static bool send_step(struct hci_sequence *sequence)
{
    for (; sequence->left; sequence->left--, sequence->step++) {
        const struct hci_step *step = sequence->step;
        if (step->needed && !step->needed(sequence->host))
            continue;
        struct wr w = hci_command_begin(&sequence->command, step->opcode);
        if (step->build)
            step->build(sequence->host, &w);
        hci_command_submit(sequence->driver, &sequence->command, &w);
        return true;
    }
    return false;
}

static void step_answered(void *user, int error, struct rd *ret)
{
    struct hci_sequence *sequence = user;

    if (!error && sequence->step->answered)
        error = sequence->step->answered(sequence->host, ret);
    sequence->step++;
    sequence->left--;
    if (!error && sequence->abandoned)
        error = BLR_ERR_CANCELLED;
    if (!error && send_step(sequence))
        return;
    sequence->done(sequence->user, error);
}

void hci_sequence_init(struct hci_sequence *sequence, struct hci_driver *driver,
                       struct blr_host *host, hci_sequence_done *done, void *user)
{
    *sequence = (struct hci_sequence){.driver = driver, .host = host, .done = done, .user = user};
    hci_command_init(&sequence->command, step_answered, sequence);
}

void hci_sequence_start(struct hci_sequence *sequence, const struct hci_step *steps, size_t count)
{
    sequence->step = steps;
    sequence->left = count;
    sequence->abandoned = false;
    (void)send_step(sequence);
}
