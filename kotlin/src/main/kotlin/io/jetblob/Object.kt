package io.jetblob

import io.jetblob.ffi.Chunks
import io.jetblob.ffi.Download
import java.nio.file.Path
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.yield

/** Where the offset of [Object.seek] counts from. */
public enum class SeekFrom { START, CURRENT, END }

/**
 * An object that is being read: its info, and its bytes as a flow of chunks, or by [next] and [read].
 *
 * Size and SHA-256 are verified before the last bytes are handed out: who came to the end has the right bytes; who got an
 * exception must not use what there is. That is so for whole objects, see [isVerified]. To be closed ends the transfer, at
 * the server too: leave it by `use`, or collect it.
 */
public class Object internal constructor(internal val native: Download) : Once<ByteArray>() {
    /** What the store tells of the object that the bytes belong to: of a link's target, if it was a link. */
    public val info: ObjectInfo = native.info()

    /** The part of the object that this reads, in bytes. */
    public val range: LongRange = native.rangeStart() until native.rangeEnd()

    /**
     * Whether the bytes are verified against the object's SHA-256 before the last of them is handed out.
     *
     * Not so for a part of an object, after a seek that led anywhere but to its beginning, for a rest that is read at
     * once after a part was read in pieces, and for an object whose writer gave it no digest, or whose digest is to be
     * ignored.
     */
    public val isVerified: Boolean get() = native.isVerified()

    /** The position of the next byte, from the beginning of the range that was asked for. */
    @Volatile
    public var position: Long = 0
        private set

    private val reading = Mutex()
    private var atHand: AtHand? = null
    private var inTurn = 0

    @Volatile
    private var closed = false

    override suspend fun next(): ByteArray? = piece(Long.MAX_VALUE)

    /** Reads so many bytes, fewer only at the end. If it fails or is cancelled on the way, [position] tells how far it is. */
    public suspend fun read(size: Int): ByteArray {
        require(size >= 0) { "size is $size" }
        val left = (native.rangeEnd() - native.rangeStart() - position).coerceIn(0, size.toLong())
        val bytes = ByteArray(left.toInt())
        var filled = 0
        // The end is an end only once it is told: that is when the bytes are known to be right.
        while (filled < size) {
            val piece = piece((size - filled).toLong()) ?: break
            piece.copyInto(bytes, filled)
            filled += piece.size
        }
        return if (filled == bytes.size) bytes else bytes.copyOf(filled)
    }

    private suspend fun piece(size: Long): ByteArray? = reading.withLock {
        if (inTurn >= TURN) {
            inTurn = 0
            yield()
        }
        call {
            val piece = takeAtHand(size) ?: awaited(size)
            position += piece?.size ?: 0
            piece
        }
    }

    /** Copies bytes that came already. The library is not asked for each piece: a call takes longer than a copy. */
    private fun takeAtHand(size: Long): ByteArray? {
        if (closed) return null
        val piece = atHand?.take(size) ?: hold(native.chunksAtHand(position)).take(size)
        inTurn += piece?.size ?: 0
        return piece
    }

    private suspend fun awaited(size: Long): ByteArray? {
        inTurn = 0
        return hold(native.chunks(position, null)).take(size)
    }

    private fun hold(chunks: Chunks): AtHand {
        letGo()
        return AtHand(chunks).also { atHand = it }
    }

    private fun letGo() {
        atHand?.close()
        atHand = null
    }

    /** Has the library go on where this is; it still was where the bytes at hand began. */
    private suspend fun goToPosition() {
        letGo()
        if (native.position() != position) native.seek(position, null)
    }

    /**
     * Goes on elsewhere, and gives the new position; both count from the beginning of the range that was asked for.
     *
     * Costs nothing until the next read, which fetches from there on. Beyond the end there is nothing to read. A position
     * before the beginning, or that no [Long] can hold, is an [IllegalArgumentException].
     */
    public suspend fun seek(offset: Long, from: SeekFrom = SeekFrom.START): Long {
        val start = when (from) {
            SeekFrom.START -> 0
            SeekFrom.CURRENT -> position
            SeekFrom.END -> native.rangeEnd() - native.rangeStart()
        }
        val sought = start + offset
        require(sought >= 0) { "a seek to before the beginning, or beyond all that can be counted: $start + $offset" }
        reading.withLock {
            letGo()
            call { native.seek(sought, null) }
            position = sought
        }
        return sought
    }

    /** Reads the rest, and closes. */
    public suspend fun intoBytes(): ByteArray = rest { native.intoBytes(null).taken() }

    /** Reads the rest as UTF-8 text, and closes. Fails with [JetblobException.InvalidArgument] if it is none. */
    public suspend fun intoString(): String = rest { native.intoString(null) }

    /**
     * Reads the rest into a file, and closes. The file appears, or is replaced, when it is whole.
     *
     * [progress] is told how many bytes came so far.
     */
    public suspend fun intoFile(path: Path, progress: ((Long) -> Unit)? = null): ObjectInfo =
        telling(progress) {
            reading.withLock {
                goToPosition()
                native.intoFile(path.toString(), it, null)
            }
        }

    private suspend inline fun <T> rest(take: () -> T): T = call {
        reading.withLock {
            goToPosition()
            take()
        }
    }

    /** Ends the transfer, at the server too. Who waits for bytes gets [JetblobException.Closed]. */
    override fun close() {
        closed = true
        native.end()
        // Of what is read right now the garbage collector lets go.
        if (reading.tryLock()) {
            letGo()
            reading.unlock()
        }
    }

    private companion object {
        /** So many bytes that are at hand are read before other coroutines get their turn. */
        const val TURN = 1 shl 20
    }
}
