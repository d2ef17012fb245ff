package io.jetblob

import java.nio.file.Path
import kotlin.io.path.createDirectory
import kotlin.io.path.readBytes
import kotlin.io.path.readText
import kotlin.io.path.writeBytes
import kotlin.io.path.writeText
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** The example of the README, as it stands there but for where the store is. */
class ReadmeTest {
    private val example = TOP.resolve("README.md").readText().substringAfter("```kotlin\n").substringBefore("```")
    private val classes = System.getProperty("java.class.path")

    @Test
    fun `it compiles and runs`() {
        for (engine in listOf("local", "jetstream")) {
            Place(engine).use { place ->
                val here = place.directory.resolve("example").createDirectory()
                assertTrue("nats://127.0.0.1:4222" in example)
                here.resolve("Example.kt").writeText(example.replace("nats://127.0.0.1:4222", place.url))
                here.resolve("holiday.jpg").writeBytes(pattern(300_000))
                val compiler = "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler"
                val target = arrayOf("-no-stdlib", "-jvm-target", "17", "-d", "made")
                java(here, "-cp", classes, compiler, "-cp", classes, *target, "Example.kt")
                val library = "-Djna.library.path=${System.getProperty("jna.library.path")}"
                val told = java(here, "-cp", "made:$classes", library, "ExampleKt")
                assertTrue("bytes" in told, told)
                assertArrayEquals(pattern(300_000), here.resolve("copy.jpg").readBytes())
            }
        }
    }

    private fun java(here: Path, vararg arguments: String): String {
        val program = Path.of(System.getProperty("java.home"), "bin", "java").toString()
        val process = ProcessBuilder(program, *arguments).directory(here.toFile()).redirectErrorStream(true).start()
        val told = process.inputStream.bufferedReader().readText()
        assertEquals(0, process.waitFor(), told)
        return told
    }
}
