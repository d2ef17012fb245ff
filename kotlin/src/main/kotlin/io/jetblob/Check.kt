package io.jetblob

/** The findings of an examination, as they are found, see [Bucket.check]. It begins when it is first asked. */
public class Check internal constructor(private val native: io.jetblob.ffi.Check) : Items<Finding>({
    val findings = native.findings()
    object : Batches<Finding> {
        override suspend fun next(received: Long) = findings.nextBatch(received, null)

        override fun end() = findings.end()
    }
}) {
    /** What was examined so far; of the whole bucket, once there are no more findings. */
    public val report: CheckReport get() = native.report()
}
