package io.jetblob

import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock

/** Gives the next items to who received so many batches. */
internal interface Batches<T> {
    suspend fun next(received: Long): List<T>

    fun end()
}

/**
 * What is listed. It begins when it is first asked.
 *
 * As a flow it ends with the first error. An error that is about one item only, as of a record that makes no sense, doesn't
 * end [next]: the next call gives the item after. To be closed ends it, at the server too.
 */
public open class Items<T : Any> internal constructor(begin: () -> Batches<T>) : Once<T>() {
    private val batches by lazy(begin)
    private val asking = Mutex()
    private var batch: Iterator<T> = emptyList<T>().iterator()
    private var received = 0L

    @Volatile
    private var closed = false

    override suspend fun next(): T? = asking.withLock {
        while (!batch.hasNext()) {
            if (closed) return null
            val next = try {
                call { batches.next(received) }
            } catch (error: JetblobException) {
                received += 1
                throw error
            }
            received += 1
            if (next.isEmpty()) return null
            batch = next.iterator()
        }
        if (closed) null else batch.next()
    }

    /** Ends it, at the server too. Who waits for an item gets none. */
    override fun close() {
        if (!closed) {
            closed = true
            batches.end()
        }
    }
}
