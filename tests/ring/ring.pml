/*
 * The ring of user/ring/ring.c: its shared words, a producer, a consumer, and somebody who ends and starts either again.
 *
 * Memory is weaker than what a processor shows: each side's stores wait in a buffer and become visible in any order, except
 * that a release store follows the stores before it; a fence waits until the buffer is empty. Loads happen in program order,
 * except where a mistake below says otherwise (an acquire that is missing lets the later load happen first).
 *
 * In each connection the producer sends ITEMS entries, each of two words that state who wrote it for whom and its index.
 * Checked: what the consumer hands out is whole, of the present connection, and in order; and when nobody can move any more,
 * everything has arrived (a lost wake-up leaves somebody asleep).
 *
 * Each name that model.py defines (NO_...) is a mistake that must be found.
 */
#define CAPACITY 2
#ifndef ITEMS
#define ITEMS 3
#endif
#ifndef PRODUCER_RESTARTS
#define PRODUCER_RESTARTS 1
#endif
#ifndef CONSUMER_RESTARTS
#define CONSUMER_RESTARTS 1
#endif

typedef position { byte epoch; byte peer; byte index };
typedef control { position at; short wake_after };
typedef store_buffer { bool has_position; position at; bool has_wake; short wake_after };

control head_control, tail_control; /* the producer's, the consumer's: what both see */
byte low[CAPACITY], high[CAPACITY]; /* the two words of each entry */

store_buffer head_buffer, tail_buffer;
bool has_low[CAPACITY], has_high[CAPACITY];
byte new_low[CAPACITY], new_high[CAPACITY];

bool producer_note, consumer_note; /* notifications: they stay until taken */
bool producer_ends, consumer_ends; /* somebody ends it now */
byte arrived;                      /* entries handed out in this connection */

#define STAMP(writer, reader, index) ((writer) * 32 + (reader) * 8 + (index))
#define NO_ENTRY_WAITS (!has_low[0] && !has_low[1] && !has_high[0] && !has_high[1])
#define HEAD_IS_EMPTY (NO_ENTRY_WAITS && !head_buffer.has_position && !head_buffer.has_wake)
#define TAIL_IS_EMPTY (!tail_buffer.has_position && !tail_buffer.has_wake)
#ifdef NO_RELEASE
#define MAY_SHOW_HEAD true
#else
#define MAY_SHOW_HEAD NO_ENTRY_WAITS
#endif

/* Stores reach memory. */
active proctype memory()
{
end:
    do
    :: d_step { has_low[0] -> low[0] = new_low[0]; has_low[0] = false; new_low[0] = 0 }
    :: d_step { has_low[1] -> low[1] = new_low[1]; has_low[1] = false; new_low[1] = 0 }
    :: d_step { has_high[0] -> high[0] = new_high[0]; has_high[0] = false; new_high[0] = 0 }
    :: d_step { has_high[1] -> high[1] = new_high[1]; has_high[1] = false; new_high[1] = 0 }
    :: d_step { head_buffer.has_position && MAY_SHOW_HEAD ->
            head_control.at.epoch = head_buffer.at.epoch; head_control.at.peer = head_buffer.at.peer;
            head_control.at.index = head_buffer.at.index; head_buffer.has_position = false }
    :: d_step { head_buffer.has_wake -> head_control.wake_after = head_buffer.wake_after; head_buffer.has_wake = false }
    :: d_step { tail_buffer.has_position ->
            tail_control.at.epoch = tail_buffer.at.epoch; tail_control.at.peer = tail_buffer.at.peer;
            tail_control.at.index = tail_buffer.at.index; tail_buffer.has_position = false }
    :: d_step { tail_buffer.has_wake -> tail_control.wake_after = tail_buffer.wake_after; tail_buffer.has_wake = false }
    od
}

inline store_position(buffer, own_epoch, peer_epoch, new_index)
{
    d_step { buffer.at.epoch = own_epoch; buffer.at.peer = peer_epoch; buffer.at.index = new_index; buffer.has_position = true }
}

/* end_connect's stores: nothing is asked for (-1), and the position */
inline store_connection(buffer, own_epoch, peer_epoch)
{
    d_step {
        buffer.wake_after = -1; buffer.has_wake = true;
        buffer.at.epoch = own_epoch; buffer.at.peer = peer_epoch; buffer.at.index = 0; buffer.has_position = true
    }
}

inline store_wake(buffer, new_wake)
{
    d_step { buffer.wake_after = new_wake; buffer.has_wake = true }
}

/* end_look, then what the state is: `started` if the peer has another epoch. */
inline look(theirs)
{
    d_step {
        if
        :: theirs.at.epoch != peer -> started = true
        :: theirs.at.epoch == peer && peer != 0 && theirs.at.peer == epoch -> seen = theirs.at.index
        :: else
        fi
    }
}

/* The part of end_publish after the store of the position. */
inline notify_if_asked(theirs, note)
{
    d_step {
        if
        :: theirs.wake_after >= published && theirs.wake_after < index -> note = true
        :: else
        fi;
        published = index
    }
}

/* Ends here when told; what it has stored becomes visible: the kernel was entered. */
inline wait_for_end(ends, is_empty)
{
    atomic { ends && is_empty -> ends = false }
}

inline producer_connect()
{
    d_step { index = 0; seen = 0; published = 0; started = false }
    store_connection(head_buffer, epoch, peer);
#ifndef NO_EPOCH_FIRST
    HEAD_IS_EMPTY;
#endif
}

/* One entry of ring_put: two words, stored one after the other. */
inline producer_put()
{
    d_step { new_low[index % CAPACITY] = STAMP(epoch, peer, index); has_low[index % CAPACITY] = true }
    d_step { new_high[index % CAPACITY] = STAMP(epoch, peer, index); has_high[index % CAPACITY] = true; index++ }
}

active proctype producer()
{
    byte epoch, peer, index, seen, published;
    bool started, must_notify;

starts:
    {
        /* ring_producer_start */
        d_step { epoch = head_control.at.epoch + 1; peer = tail_control.at.epoch }
        producer_connect();
#ifndef NO_START_NOTIFICATION
        must_notify = true;
#endif
        do
        :: must_notify ->
            HEAD_IS_EMPTY; /* the kernel is entered */
            d_step { consumer_note = true; must_notify = false }
        :: started ->
            d_step { peer = tail_control.at.epoch }
            producer_connect()
        :: !started && peer != 0 && index < ITEMS && index - seen < CAPACITY ->
            producer_put();
            /* a batch of one or two */
            if
            :: index < ITEMS && index - seen < CAPACITY -> producer_put()
            :: true
            fi;
            store_position(head_buffer, epoch, peer, index);
#ifndef NO_PUBLISH_FENCE
            HEAD_IS_EMPTY;
#endif
            notify_if_asked(tail_control, consumer_note)
        :: !must_notify && !started && (peer == 0 || index == ITEMS || index - seen == CAPACITY) ->
            /* ring_producer_waits for one entry */
            look(tail_control);
            if
            :: !started && (peer == 0 || index == ITEMS || index - seen == CAPACITY) ->
#ifndef NO_REQUEST
                store_wake(head_buffer, index - CAPACITY);
#endif
#ifndef NO_PRODUCER_SLEEP_FENCE
                HEAD_IS_EMPTY;
#endif
#ifndef NO_LAST_LOOK
                look(tail_control);
#endif
                if
                :: !started && (peer == 0 || index == ITEMS || index - seen == CAPACITY) ->
end_asleep:         atomic { producer_note -> producer_note = false }
                :: else
                fi
            :: else
            fi
        od
    } unless { wait_for_end(producer_ends, HEAD_IS_EMPTY) };
    d_step { index = 0; seen = 0; published = 0; started = false; must_notify = false; peer = 0; epoch = 0 }
    goto starts
}

inline consumer_connect()
{
    d_step { index = 0; seen = 0; published = 0; started = false; arrived = 0 }
    store_connection(tail_buffer, epoch, peer);
    TAIL_IS_EMPTY
}

active proctype consumer()
{
    byte epoch, peer, index, seen, published, first, second;
    bool started;

starts:
    {
        d_step { epoch = tail_control.at.epoch + 1; peer = head_control.at.epoch }
        consumer_connect();
#ifndef NO_START_NOTIFICATION
        producer_note = true;
#endif
        do
        :: started ->
            d_step { peer = head_control.at.epoch }
            consumer_connect()
        :: !started && index < seen ->
#ifdef NO_LOOK_AFTER_COPY
            first = low[index % CAPACITY];
            second = high[index % CAPACITY];
#elif defined(NO_FENCE_AFTER_COPY)
            /* the check of the epoch may be done before the copy */
            look(head_control);
            first = low[index % CAPACITY];
            second = high[index % CAPACITY];
#elif defined(NO_ACQUIRE)
            /* copied already, before the position was loaded */
            look(head_control);
#else
            first = low[index % CAPACITY];
            second = high[index % CAPACITY];
            look(head_control);
#endif
            if
            :: !started ->
#ifdef RELEASE_BEFORE_COPY
                index++;
                store_position(tail_buffer, epoch, peer, index);
                TAIL_IS_EMPTY;
                notify_if_asked(head_control, producer_note);
                first = low[(index - 1) % CAPACITY];
                second = high[(index - 1) % CAPACITY];
                assert(started || first == STAMP(peer, epoch, index - 1));
                assert(started || second == STAMP(peer, epoch, index - 1));
                arrived++
#else
                d_step {
                    assert(first == STAMP(peer, epoch, index));
                    assert(second == STAMP(peer, epoch, index));
                    first = 0; second = 0;
                    index++; arrived++
                }
                /* a batch of one or two */
                if
                :: index < seen
                :: true ->
                    store_position(tail_buffer, epoch, peer, index);
#ifndef NO_RELEASE_FENCE
                    TAIL_IS_EMPTY;
#endif
                    notify_if_asked(head_control, producer_note)
                fi
#endif
            :: else
            fi
        :: !started && index == seen ->
#ifdef NO_ACQUIRE
            first = low[index % CAPACITY];
            second = high[index % CAPACITY];
#endif
            look(head_control);
            if
            :: !started && index == seen ->
#ifndef NO_REQUEST
                store_wake(tail_buffer, index);
#endif
#ifndef NO_CONSUMER_SLEEP_FENCE
                TAIL_IS_EMPTY;
#endif
#ifndef NO_LAST_LOOK
                look(head_control);
#endif
                if
                :: !started && index == seen ->
end_asleep:         atomic { consumer_note -> consumer_note = false }
                :: else
                fi
            :: else
            fi
        od
    } unless { wait_for_end(consumer_ends, TAIL_IS_EMPTY) };
    d_step { index = 0; seen = 0; published = 0; started = false; peer = 0; epoch = 0; first = 0; second = 0 }
    goto starts
}

/* Ends either side at any moment; it starts again. When nothing moves any more, everything must have arrived. */
active proctype supervisor()
{
    byte producer_restarts, consumer_restarts;
end:
    do
    :: atomic { producer_restarts < PRODUCER_RESTARTS && !producer_ends -> producer_restarts++; producer_ends = true }
    :: atomic { consumer_restarts < CONSUMER_RESTARTS && !consumer_ends -> consumer_restarts++; consumer_ends = true }
    :: break
    od;
    timeout ->
    assert(arrived == ITEMS)
}
