/*
 * A pair of rings (ring_pair in user/ring/ring.c) between a client and a server, each ended and started again at any step. The server lets
 * a device work on the client's buffer, as a disk's driver does. What ring.pml checks of one ring is taken for granted here:
 * entries are whole, notifications arrive.
 *
 * Checked: a client uses its buffer only when no device works on it for one before; it never gets an answer that is not its own; and
 * when nobody can move any more, its request has been answered.
 *
 * Each name that model.py defines (NO_..., ...) is a mistake that must be found.
 */
#ifndef CLIENT_RESTARTS
#define CLIENT_RESTARTS 2
#endif
#ifndef SERVER_RESTARTS
#define SERVER_RESTARTS 2
#endif

typedef position { byte epoch; byte peer; byte index };
position client_out, client_in, server_out, server_in; /* requests' head, answers' tail, answers' head, requests' tail */
byte request, answer;            /* the entries: for which client */
byte client_number;              /* of the present one */
byte device_works_for;           /* a client, or 0 */
byte device_has_done;            /* what the server has not taken back yet */
bool client_note, server_note;
bool client_ends, server_ends;
bool is_answered;

inline publish(which, own_epoch, peer_epoch, new_index)
{
    d_step { which.epoch = own_epoch; which.peer = peer_epoch; which.index = new_index }
}

/* One epoch for both rings; the outgoing one first, so that its epoch is never behind the other's. */
inline start(out, in, theirs_in, theirs_out)
{
    d_step { epoch = out.epoch + 1; peer_of_out = theirs_in.epoch; out.epoch = epoch; out.peer = peer_of_out; out.index = 0 }
    d_step { peer_of_in = theirs_out.epoch; in.epoch = epoch; in.peer = peer_of_in; in.index = 0; taken = 0 }
}

/* ring_pair_accept; sets `accepted`. */
inline accept(out, in, theirs_in, theirs_out)
{
    first = theirs_in.epoch;
    second = theirs_out.epoch;
    accepted = false;
    if
#ifdef SEPARATE_RINGS
    :: first != peer_of_out || second != peer_of_in ->
#else
    :: first == second && first != 0 && (first != peer_of_out || first != peer_of_in) ->
#endif
        d_step { peer_of_out = first; out.epoch = epoch; out.peer = first; out.index = 0 }
        d_step { peer_of_in = second; in.epoch = epoch; in.peer = second; in.index = 0; taken = 0; accepted = true }
    :: else
    fi;
    d_step { first = 0; second = 0 }
}

/* ring_pair_state: sets `is_open` and `is_new`, the peer has started. */
inline look(theirs_in, theirs_out)
{
    first = theirs_in.epoch;
    second = theirs_out.epoch;
    d_step {
#ifdef SEPARATE_RINGS
        is_new = first != peer_of_out || second != peer_of_in;
        is_open = !is_new && first != 0 && second != 0;
#else
        is_new = first == second && first != 0 && (first != peer_of_out || first != peer_of_in);
        is_open = first == second && first != 0 && !is_new;
#endif
        first = 0; second = 0
    }
#if !defined(NO_ACCEPTANCE) && !defined(SEPARATE_RINGS)
    is_open = is_open && theirs_in.peer == epoch;
    is_open = is_open && theirs_out.peer == epoch;
#endif
}

active proctype client()
{
    byte epoch, peer_of_out, peer_of_in, taken, first, second;
    bool accepted, is_open, is_new, is_sent;

starts:
    {
        atomic { client_number++; is_answered = false }
        start(client_out, client_in, server_in, server_out);
        server_note = true;
        do
        :: true ->
            accept(client_out, client_in, server_in, server_out);
            if
            :: accepted ->
                is_sent = false;
                server_note = true
            :: else
            fi;
            look(server_in, server_out);
            if
            :: is_open && !is_sent && !is_answered ->
                is_sent = true;
                assert(device_works_for == 0 || device_works_for == client_number); /* it writes to the buffer */
                atomic { request = client_number; client_out.index = 1 }
                server_note = true
            :: else
            fi;
            /* ring_take */
            atomic {
                if
                :: server_out.epoch == peer_of_in && server_out.peer == epoch && server_out.index > taken ->
                    taken = 1;
                    assert(answer == client_number);
                    is_answered = true
                :: else
                fi
            }
            look(server_in, server_out);
            if
            :: !is_new ->
end_asleep:     atomic { client_note -> client_note = false }
            :: else
            fi
        od
    } unless { atomic { client_ends -> client_ends = false } };
    d_step { accepted = false; is_open = false; is_new = false; is_sent = false; first = 0; second = 0 }
    goto starts
}

active proctype server()
{
    byte epoch, peer_of_out, peer_of_in, taken, first, second, work;
    bool accepted, is_open, is_new;

starts:
    {
        atomic { device_works_for = 0; device_has_done = 0 } /* it resets the device */
        start(server_out, server_in, client_in, client_out);
        client_note = true;
        do
        :: true ->
            if
            :: device_has_done != 0 ->
                atomic {
                    answer = device_has_done;
                    device_has_done = 0;
                    work = 0;
                    publish(server_out, epoch, peer_of_out, 1)
                }
                client_note = true
            :: else
            fi;
            if
#ifndef ACCEPT_AT_ONCE
            :: work == 0 ->
#else
            :: true ->
#endif
                accept(server_out, server_in, client_in, client_out);
                if
                :: accepted ->
#ifndef NO_ACCEPT_NOTIFICATION
                    client_note = true
#else
                    skip
#endif
                :: else
                fi
            :: else
            fi;
            look(client_in, client_out);
            if
            :: is_open && work == 0 ->
                /* ring_take: the entry is of this connection */
                atomic {
                    if
                    :: client_out.epoch == peer_of_in && client_out.peer == epoch && client_out.index > taken ->
                        taken = 1;
                        work = request
                    :: else
                    fi
                }
                if
                :: work != 0 -> device_works_for = work
                :: else
                fi
            :: else
            fi;
            look(client_in, client_out);
            if
            :: (!is_new || work != 0) && device_has_done == 0 ->
end_asleep:     atomic { server_note -> server_note = false }
            :: else
            fi
        od
    } unless { atomic { server_ends -> server_ends = false } };
    d_step { accepted = false; is_open = false; is_new = false; work = 0; first = 0; second = 0 }
    goto starts
}

active proctype device()
{
end:
    do
    :: atomic { device_works_for != 0 -> device_has_done = device_works_for; device_works_for = 0; server_note = true }
    od
}

active proctype supervisor()
{
    byte client_restarts, server_restarts;
end:
    do
    :: atomic { client_restarts < CLIENT_RESTARTS && !client_ends -> client_restarts++; client_ends = true }
    :: atomic { server_restarts < SERVER_RESTARTS && !server_ends -> server_restarts++; server_ends = true }
    :: break
    od;
    timeout ->
    assert(is_answered)
}
