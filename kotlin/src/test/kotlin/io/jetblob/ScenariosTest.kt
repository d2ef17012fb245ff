package io.jetblob

import java.nio.file.Path
import kotlin.io.path.listDirectoryEntries
import kotlin.io.path.nameWithoutExtension
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.TestFactory

/** The scenarios that every language runs, on both engines. */
class ScenariosTest {
    private val files = TOP.resolve("tests/scenarios").listDirectoryEntries("*.json").sorted()

    private fun scenarios(file: Path): List<Pair<String, List<Step>>> =
        (json(file)["scenarios"] as List<*>).map { scenario ->
            val fields = scenario as Map<*, *>
            fields["scenario"] as String to (fields["steps"] as List<*>).map { it as Map<*, *> }
        }

    private fun play(engine: String, steps: List<Step>) = Place(engine).use { place ->
        runBlocking { withTimeout(30.seconds) { Scenario(place).run(steps) } }
    }

    /** What the product promises. */
    @TestFactory
    fun scenarios(): List<DynamicTest> = files.filterNot { it.nameWithoutExtension == "broken" }.flatMap { file ->
        scenarios(file).flatMap { (scenario, steps) ->
            listOf("local", "jetstream").map { engine ->
                dynamicTest("${file.nameWithoutExtension}, $engine: $scenario") { play(engine, steps) }
            }
        }
    }

    /** So that nothing is passed over. */
    @TestFactory
    fun `a broken scenario fails at its last step`(): List<DynamicTest> =
        scenarios(TOP.resolve("tests/scenarios/broken.json")).map { (scenario, steps) ->
            dynamicTest(scenario) {
                play("local", steps.dropLast(1))
                val failure = runCatching { play("local", steps) }.exceptionOrNull()
                assertTrue(failure is Mismatch || failure is JetblobException, "$failure")
            }
        }
}
