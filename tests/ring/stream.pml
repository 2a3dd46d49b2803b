/*
 * The stream of user/ring/stream.c: two sides that send to each other, and somebody who ends and starts either again.
 *
 * Memory is that of ring.pml: each side's stores wait in a buffer and become visible in any order, except that `written` follows the
 * bytes before it; a fence waits until the buffer is empty. Loads happen in program order, except where a mistake says otherwise.
 *
 * A byte says which one it is of those that its side sends. Checked: a side passes on each of the other's bytes once and in order,
 * however often either is started again; no start finds positions to mend; and when nobody can move any more, everything has been
 * passed on (a lost wake-up leaves both asleep).
 *
 * Each name that model.py defines (NO_..., ...) is a mistake that must be found.
 */
#define CAPACITY 2
#define FIRST_POSITION 254 /* positions soon go on at 0 */
#ifndef LEFT_SENDS
#define LEFT_SENDS 3
#endif
#ifndef RIGHT_SENDS
#define RIGHT_SENDS 1
#endif
#ifndef RESTARTS
#define RESTARTS 1 /* of both together */
#endif
/* What who sleeps asks for. With more than CAPACITY + 1 together both may rightly wait for ever. */
#ifndef WANTED_BYTES
#define WANTED_BYTES 1
#endif
#ifndef WANTED_ROOM
#define WANTED_ROOM 2
#endif

typedef area {
    byte written = FIRST_POSITION; byte taken = FIRST_POSITION;
    byte wanted_bytes; byte wanted_room;
    byte bytes[CAPACITY]
};
typedef store_buffer {
    bool has_written; bool has_taken; bool has_wanted_bytes; bool has_wanted_room; bool has_byte[CAPACITY];
    byte written; byte taken; byte wanted_bytes; byte wanted_room; byte bytes[CAPACITY]
};

area areas[2];           /* what both see; each side stores to its own */
store_buffer buffers[2]; /* each side's stores that nobody sees yet */
bool notes[2];           /* notifications: they stay until taken, and two are one */
bool ends[2];            /* somebody ends it now */
byte sent[2];            /* bytes that the side has sent in all its lives */
byte passed[2];          /* bytes of the other that it was done with */

#define ME _pid /* 0 or 1: the sides are the first processes */
#define PEER (1 - _pid)
#define TOTAL(side) ((side) == 0 -> LEFT_SENDS : RIGHT_SENDS)
#define DISTANCE(end, start) ((256 + (end) - (start)) % 256)
#define LEAST(left, right) ((left) < (right) -> (left) : (right))
#define WAITING DISTANCE(areas[PEER].written, taken)
#define ROOM (CAPACITY - DISTANCE(written, areas[PEER].taken))
#define LACKS_BYTES (WAITING < wanted || wanted == 0) /* 0: all have come */
#define NO_BYTE_WAITS(side) (!buffers[side].has_byte[0] && !buffers[side].has_byte[1])
#define IS_EMPTY(side) (NO_BYTE_WAITS(side) && !buffers[side].has_written && !buffers[side].has_taken && \
                        !buffers[side].has_wanted_bytes && !buffers[side].has_wanted_room)

inline store_wanted_bytes(count_wanted)
{
    d_step { buffers[ME].wanted_bytes = count_wanted; buffers[ME].has_wanted_bytes = true }
}

inline store_wanted_room(count_wanted)
{
    d_step { buffers[ME].wanted_room = count_wanted; buffers[ME].has_wanted_room = true }
}

inline start()
{
    store_wanted_bytes(0);
    store_wanted_room(0);
    d_step { written = areas[ME].written; taken = areas[ME].taken }
    assert(DISTANCE(written, areas[PEER].taken) <= CAPACITY);
    d_step {
        assert(WAITING <= CAPACITY);
#ifdef START_EMPTY
        taken = areas[PEER].written
#endif
    }
#ifndef NO_START_NOTIFICATION
    atomic { IS_EMPTY(ME) -> notes[PEER] = true } /* the kernel is entered */
#endif
}

/* stream_peek of some bytes, and stream_take. */
inline receive()
{
#ifdef NO_ACQUIRE
    early = areas[PEER].bytes[taken % CAPACITY]; /* copied already, before the position was loaded */
#endif
    seen = WAITING;
    if
    :: seen > 0 ->
#ifdef TAKE_BEFORE_COPY
        d_step { buffers[ME].taken = (taken + 1) % 256; buffers[ME].has_taken = true }
#endif
        do
        :: count < seen ->
            d_step {
#ifdef NO_ACQUIRE
                assert((count == 0 -> early : areas[PEER].bytes[(taken + count) % CAPACITY]) == passed[ME] + count + 1);
                early = 0;
#else
                assert(areas[PEER].bytes[(taken + count) % CAPACITY] == passed[ME] + count + 1);
#endif
                count++
            }
        :: count > 0 ->
            d_step {
                taken = (taken + count) % 256; passed[ME] = passed[ME] + count;
                buffers[ME].taken = taken; buffers[ME].has_taken = true;
                has_taken = true; count = 0
            }
            break
        od
    :: else
    fi;
    seen = 0
}

/* stream_write of some bytes. */
inline send()
{
    seen = LEAST(ROOM, TOTAL(ME) - sent[ME]);
    if
    :: seen > 0 ->
        do
        :: count < seen ->
            d_step {
                buffers[ME].bytes[(written + count) % CAPACITY] = sent[ME] + count + 1;
                buffers[ME].has_byte[(written + count) % CAPACITY] = true;
                count++
            }
        :: count > 0 ->
            d_step {
                written = (written + count) % 256; sent[ME] = sent[ME] + count;
                buffers[ME].written = written; buffers[ME].has_written = true;
                has_written = true; count = 0
            }
            break
        od
    :: else
    fi;
    seen = 0
}

inline publish()
{
    if
    :: has_written || has_taken ->
#ifndef NO_PUBLISH_FENCE
        IS_EMPTY(ME);
#endif
        seen_bytes = areas[PEER].wanted_bytes;
        seen_room = areas[PEER].wanted_room;
        d_step {
            must_notify = has_written && seen_bytes != 0 && CAPACITY - ROOM >= seen_bytes;
            has_written = false; seen_bytes = 0
        }
        d_step {
            must_notify = must_notify || has_taken && seen_room != 0 && CAPACITY - WAITING >= seen_room;
            has_taken = false; seen_room = 0
        }
        d_step { notes[PEER] = notes[PEER] || must_notify; must_notify = false }
    :: else
    fi
}

/* Sets must_wait, as the next does. */
inline waits_for_bytes()
{
    d_step { wanted = LEAST(WANTED_BYTES, TOTAL(PEER) - passed[ME]) }
#ifdef LOOK_FIRST
    must_wait = LACKS_BYTES;
#endif
    store_wanted_bytes(wanted);
#ifndef NO_BYTES_FENCE
    IS_EMPTY(ME);
#endif
#ifndef LOOK_FIRST
    must_wait = LACKS_BYTES;
#endif
    wanted = 0;
    if
    :: !must_wait -> store_wanted_bytes(0)
    :: else
    fi
}

inline waits_for_room()
{
    store_wanted_room(WANTED_ROOM);
#ifndef NO_ROOM_FENCE
    IS_EMPTY(ME);
#endif
    must_wait = ROOM < WANTED_ROOM;
    if
    :: !must_wait -> store_wanted_room(0)
    :: else
    fi
}

active [2] proctype side()
{
    byte written, taken, count, wanted, seen, seen_bytes, seen_room;
    bool has_written, has_taken, must_notify, must_wait;
#ifdef NO_ACQUIRE
    byte early;
#endif

starts:
    {
        start();
        do
        :: true ->
            receive();
            send();
            publish();
            waits_for_bytes();
            if
            :: must_wait && sent[ME] < TOTAL(ME) -> waits_for_room()
            :: else
            fi;
            if
            :: must_wait ->
                must_wait = false;
end_asleep:     atomic { notes[ME] -> notes[ME] = false }
            :: else
            fi
        od
    } unless { atomic { ends[ME] && IS_EMPTY(ME) -> ends[ME] = false } }; /* what it has stored is visible: the kernel was entered */
    d_step {
        written = 0; taken = 0; count = 0; wanted = 0; seen = 0; seen_bytes = 0; seen_room = 0;
        has_written = false; has_taken = false; must_notify = false; must_wait = false
    }
    goto starts
}

#ifdef NO_RELEASE
#define MAY_SHOW_WRITTEN(side) true
#else
#define MAY_SHOW_WRITTEN(side) NO_BYTE_WAITS(side)
#endif
#define SHOW(side, word, condition) \
    d_step { buffers[side].has_##word && condition -> \
        areas[side].word = buffers[side].word; buffers[side].has_##word = false; buffers[side].word = 0 }
#define SHOW_BYTE(side, place) \
    d_step { buffers[side].has_byte[place] -> areas[side].bytes[place] = buffers[side].bytes[place]; \
        buffers[side].has_byte[place] = false; buffers[side].bytes[place] = 0 }

/* A store of either side reaches memory. */
active proctype memory()
{
end:
    do
    :: SHOW_BYTE(0, 0)
    :: SHOW_BYTE(0, 1)
    :: SHOW(0, written, MAY_SHOW_WRITTEN(0))
    :: SHOW(0, taken, true)
    :: SHOW(0, wanted_bytes, true)
    :: SHOW(0, wanted_room, true)
    :: SHOW_BYTE(1, 0)
    :: SHOW_BYTE(1, 1)
    :: SHOW(1, written, MAY_SHOW_WRITTEN(1))
    :: SHOW(1, taken, true)
    :: SHOW(1, wanted_bytes, true)
    :: SHOW(1, wanted_room, true)
    od
}

/* Ends either side at any moment; it starts again. When nothing moves any more, everything must have arrived. */
active proctype supervisor()
{
    byte restarts;
end:
    do
    :: atomic { restarts < RESTARTS && !ends[0] -> restarts++; ends[0] = true }
    :: atomic { restarts < RESTARTS && !ends[1] -> restarts++; ends[1] = true }
    :: break
    od;
    timeout ->
    assert(passed[0] == RIGHT_SENDS && passed[1] == LEFT_SENDS)
}
